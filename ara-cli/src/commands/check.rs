//! `cargo ara check`: whether all is recorded, and nothing broken.

use std::fmt::Write;

use anyhow::Result;
use ara_schema::{LOCK_FILE, Lock, LockError};
use serde_json::json;

use crate::args::Check as Arguments;
use crate::comparison::Comparison;
use crate::compiler::schema_of;
use crate::emitted::Emitted;
use crate::facts;
use crate::git;
use crate::lock_file::LockFile;
use crate::package::Package;
use crate::report::Report;
use crate::style::{BAD, GOOD, Styled};

/// Checks the code against the lock, and the lock against itself and its past.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let file = LockFile::of(&package)?;
    let against = arguments.against.as_deref();
    let lock = match file.parse() {
        Ok(lock) => lock,
        // The compiler would refuse this lock too.
        Err(error) => return Ok(invalid(&file, &error, against)),
    };
    let older = against.map(|revision| git::lock_at(&package, &lock, revision)).transpose()?;
    let not_a_superset = older.and_then(|older| lock.check_superset_of(&older).err());
    let code = schema_of(&package, &arguments.code)?;
    let comparison = Comparison::new(&lock.facts(), &code);
    report(&lock, &code, &comparison, (against, not_a_superset))
}

fn report(
    lock: &Lock,
    code: &Emitted,
    comparison: &Comparison,
    (against, not_a_superset): (Option<&str>, Option<LockError>),
) -> Result<Report> {
    let holds = comparison.is_same() && not_a_superset.is_none();
    let mut text = String::new();
    if let (Some(revision), Some(error)) = (against, &not_a_superset) {
        let failed = Styled(BAD, "changed");
        writeln!(text, "{failed}: {LOCK_FILE} lacks what it had at `{revision}`: {error}\n")?;
    }
    text.push_str(&comparison.broken_as_text());
    if !comparison.unrecorded.is_empty() {
        writeln!(
            text,
            "{}: `cargo ara lock -m \"..\"` records it as release {}\n",
            Styled(BAD, "not recorded"),
            lock.version().saturating_add(1),
        )?;
        text.push_str(&comparison.unrecorded_as_text());
    }
    if holds {
        let (name, version) = (&code.name, lock.version());
        let fine = Styled(GOOD, "fine");
        writeln!(
            text,
            "{fine}: schema `{name}` is what {LOCK_FILE} records up to release {version}"
        )?;
    }
    let json = json!({
        "holds": holds,
        "schema": code.name,
        "version": lock.version(),
        "unrecorded": facts::as_json(&comparison.unrecorded),
        "broken": comparison.broken_as_json(),
        "against": against,
        "not_a_superset": not_a_superset.map(|error| error.to_string()),
        "invalid": null,
    });
    Ok(Report { text: trimmed(text), json, holds })
}

fn invalid(file: &LockFile, error: &LockError, against: Option<&str>) -> Report {
    let text = format!("{}: {}: {error}\n", Styled(BAD, "invalid"), file.shown());
    let json = json!({
        "holds": false,
        "schema": null,
        "version": null,
        "unrecorded": [],
        "broken": [],
        "against": against,
        "not_a_superset": null,
        "invalid": error.to_string(),
    });
    Report { text, json, holds: false }
}

/// With one line feed at its end.
fn trimmed(text: String) -> String {
    format!("{}\n", text.trim_end())
}
