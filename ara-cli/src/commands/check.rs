//! `cargo ara check`: checks that everything is recorded and nothing is broken.

use std::fmt::Write;

use anyhow::Result;
use ara_schema::{LOCK_FILE, Lock, LockError};
use serde_json::json;

use crate::args::Check as Arguments;
use crate::cargo::compiler::schema_of;
use crate::cargo::emitted::Emitted;
use crate::cargo::package::Package;
use crate::lock::against::Against;
use crate::lock::comparison::Comparison;
use crate::lock::file::LockFile;
use crate::output::report::Report;
use crate::output::style::{BAD, GOOD, Styled};

/// Compares the code with the lock, and checks the lock itself.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let file = LockFile::of(&package)?;
    let against = arguments.against.as_deref();
    if let Some(gone) = file.gone(&package) {
        return Ok(invalid(&format!("{}: {gone}", Styled(BAD, "gone")), &gone, against));
    }
    let lock = match file.parse() {
        Ok(lock) => lock,
        // The compiler would refuse this lock too.
        Err(error) => {
            let text = format!("{}: {}: {error}", Styled(BAD, "invalid"), file.shown());
            return Ok(invalid(&text, &error.to_string(), against));
        }
    };
    let past = against.map(|revision| Against::new(&package, &lock, revision)).transpose()?;
    let code = schema_of(&package, &arguments.code)?;
    let comparison = Comparison::new(&lock, &code);
    report(&lock, &code, &comparison, (against, past.as_ref()))
}

fn report(
    lock: &Lock,
    code: &Emitted,
    comparison: &Comparison,
    (against, past): (Option<&str>, Option<&Against<'_>>),
) -> Result<Report> {
    let lacks = past.and_then(|past| past.lacks.as_ref());
    let holds = comparison.is_same() && lacks.is_none();
    let mut text = String::new();
    if let Some(past) = past.filter(|past| past.lacks.is_some()) {
        writeln!(text, "{}", past.as_text())?;
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
        "unrecorded": comparison.unrecorded_as_json(),
        "broken": comparison.broken_as_json(),
        "against": against,
        "not_a_superset": lacks.map(LockError::to_string),
        "behind": past.is_some_and(|past| past.is_behind),
        "invalid": null,
    });
    Ok(Report::new(trimmed(text), json, holds))
}

/// Returns the answer for a lock that is not valid.
fn invalid(text: &str, reason: &str, against: Option<&str>) -> Report {
    let json = json!({
        "holds": false,
        "schema": null,
        "version": null,
        "unrecorded": [],
        "broken": [],
        "against": against,
        "not_a_superset": null,
        "behind": false,
        "invalid": reason,
    });
    Report::new(format!("{text}\n"), json, false)
}

/// Returns the text with one line feed at its end.
fn trimmed(text: String) -> String {
    format!("{}\n", text.trim_end())
}
