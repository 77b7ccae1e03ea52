//! `cargo ara lock`: recording a release.

use std::fmt::Write;

use anyhow::Result;
use ara_schema::{Fact, LOCK_FILE};
use serde_json::json;

use crate::args::Lock as Arguments;
use crate::comparison::Comparison;
use crate::compiler::schema_of;
use crate::facts;
use crate::git_attributes;
use crate::lock_file::LockFile;
use crate::package::Package;
use crate::report::Report;
use crate::style::{ADDED, BAD, GOOD, Styled};
use crate::today::today;

/// Records what is new.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let file = LockFile::of(&package)?;
    let mut lock = file.lock()?;
    let code = schema_of(&package, &arguments.code)?;

    let comparison = Comparison::new(&lock.facts(), &code);
    if !comparison.broken.is_empty() {
        return Ok(refused(&file, &comparison));
    }
    let facts = code.tables.facts();
    let Some(release) = lock.record(&facts, &arguments.message, &today()?).cloned() else {
        return Ok(nothing_new(&file, lock.version()));
    };
    let is_attributed = !file.is_there() && git_attributes::ensure(&package)?;
    file.write(&lock)?;

    let added: Vec<&Fact> = comparison.unrecorded.iter().collect();
    let mut text = String::new();
    let recorded = Styled(GOOD, format!("recorded release {}", release.version));
    writeln!(text, "{recorded} in {}: {}\n", file.shown(), release.message)?;
    text.push_str(&facts::as_text(added.iter().copied(), '+', ADDED));
    if is_attributed {
        let line = git_attributes::line();
        writeln!(
            text,
            "\nadded `{line}` to .gitattributes, so that git keeps the releases of both branches \
             where it merges two\ncommit {LOCK_FILE} and .gitattributes with this version of the app"
        )?;
    } else {
        writeln!(text, "\ncommit {LOCK_FILE} with this version of the app")?;
    }
    let json = json!({
        "recorded": true,
        "version": release.version,
        "file": file.path,
        "added": facts::as_json(added),
        "broken": [],
        "gitattributes": is_attributed,
    });
    Ok(Report { text, json, holds: true })
}

fn refused(file: &LockFile, comparison: &Comparison) -> Report {
    let text = format!(
        "{}{}: {} is left as it was\n",
        comparison.broken_as_text(),
        Styled(BAD, "nothing was recorded"),
        file.shown(),
    );
    let json = json!({
        "recorded": false,
        "version": null,
        "file": file.path,
        "added": [],
        "broken": comparison.broken_as_json(),
        "gitattributes": false,
    });
    Report { text, json, holds: false }
}

fn nothing_new(file: &LockFile, version: u32) -> Report {
    let text = format!("there is nothing to record: all of the schema is in release {version}\n");
    let json = json!({
        "recorded": false,
        "version": version,
        "file": file.path,
        "added": [],
        "broken": [],
        "gitattributes": false,
    });
    Report { text, json, holds: true }
}
