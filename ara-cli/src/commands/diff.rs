//! `cargo ara diff`: what is not recorded yet, or what a file has and lacks.

use anyhow::Result;
use ara_schema::LOCK_FILE;
use serde_json::json;

use crate::args::{Code, Diff as Arguments};
use crate::comparison::Comparison;
use crate::compiler::schema_of;
use crate::facts;
use crate::lock_file::LockFile;
use crate::package::Package;
use crate::report::Report;

/// Tells the difference.
pub fn run(arguments: &Arguments) -> Result<Report> {
    match &arguments.file {
        Some(_) => anyhow::bail!("not yet"),
        None => code_against_lock(&arguments.code),
    }
}

fn code_against_lock(code: &Code) -> Result<Report> {
    let package = Package::find(&code.selection)?;
    let lock = LockFile::of(&package)?.lock()?;
    let comparison = Comparison::new(&lock.facts(), &schema_of(&package, code)?);
    let is_same = comparison.is_same();
    let text = if is_same {
        format!("the schema is what {LOCK_FILE} records\n")
    } else {
        format!("{}{}", comparison.broken_as_text(), comparison.unrecorded_as_text())
    };
    let json = json!({
        "same": is_same,
        "unrecorded": facts::as_json(&comparison.unrecorded),
        "broken": comparison.broken_as_json(),
    });
    Ok(Report { text, json, holds: is_same })
}
