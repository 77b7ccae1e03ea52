//! `cargo ara lock`: records a release.

use anyhow::{Result, bail};
use ara_schema::{LOCK_FILE, Lock, Release};
use cargo_metadata::camino::Utf8PathBuf;
use serde_json::json;

use crate::args::Lock as Arguments;
use crate::cargo::compiler::schema_of;
use crate::cargo::package::Package;
use crate::files::touch;
use crate::git::attributes;
use crate::lock::comparison::Comparison;
use crate::lock::file::LockFile;
use crate::lock::today::today;
use crate::output::report::Report;
use crate::output::style::{BAD, GOOD, Styled};

/// Records what is new in the code as a release.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let file = LockFile::of(&package)?;
    if let Some(gone) = file.gone(&package) {
        bail!("{gone}");
    }
    let mut lock = file.lock()?;
    let code = schema_of(&package, &arguments.code)?;

    let comparison = Comparison::new(&lock, &code);
    if !comparison.broken.is_empty() {
        return Ok(refused(&file, &comparison));
    }
    let recorded = lock.record(&code.tables.facts(), &arguments.message, &today()?).cloned();
    let Some(release) = recorded else {
        // Without a lock there is nothing that git could merge.
        let is_attributed = file.is_there() && attributes::ensure(&package)?;
        return Ok(nothing_new(&file, lock.version(), &comparison, is_attributed));
    };
    file.write(&lock)?;
    let is_attributed = attributes::ensure(&package)?;

    let joins: Vec<u32> = joined(&lock, &release);
    let text = as_text(&file, &release, &joins, &comparison)
        + &to_commit(is_attributed, true)
        + &compiled_anew(&file, &code.roots);
    let json = json!({
        "recorded": true,
        "version": release.version,
        "file": file.path,
        "added": comparison.unrecorded_as_json(),
        "retired": comparison.retired_as_json(),
        "joins": joins,
        "broken": [],
        "gitattributes": is_attributed,
    });
    Ok(Report::new(text, json, true))
}

/// Returns the versions of the releases that this one joins, or none if it comes after only one.
fn joined(lock: &Lock, release: &Release) -> Vec<u32> {
    let mut joins: Vec<u32> = lock.before(release).map(|before| before.version).collect();
    joins.sort_unstable();
    if joins.len() > 1 { joins } else { Vec::new() }
}

fn as_text(file: &LockFile, release: &Release, joins: &[u32], comparison: &Comparison) -> String {
    let recorded = Styled(GOOD, format!("recorded release {}", release.version));
    let mut text = format!("{recorded} in {}: {}\n\n", file.shown(), release.message);
    text.push_str(&comparison.unrecorded_as_text());
    text.push_str(&comparison.retired_as_text());
    if let [others @ .., last] = joins {
        let others: Vec<_> = others.iter().map(u32::to_string).collect();
        if !comparison.unrecorded.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("joins releases {} and {last}\n", others.join(", ")));
    }
    text
}

/// Sees to it that cargo compiles the app with a lock that was not there before: a file that is missing cannot be
/// tracked. Returns what the user has to do if that fails.
fn compiled_anew(file: &LockFile, roots: &[Utf8PathBuf]) -> String {
    if file.is_there() {
        return String::new();
    }
    let untouched = roots.iter().filter(|root| touch(root).is_err());
    untouched
        .map(|root| {
            format!("\n{root} cannot be touched: do that, so that cargo sees the new file\n")
        })
        .collect()
}

/// Returns what to do with the files that were written.
fn to_commit(is_attributed: bool, is_recorded: bool) -> String {
    let attributes = attributes::line();
    let added = format!(
        "\nadded `{attributes}` to .gitattributes, so that git keeps the releases of both branches \
         where it merges two\n"
    );
    match (is_attributed, is_recorded) {
        (true, true) => {
            format!("{added}commit {LOCK_FILE} and .gitattributes with this version of the app\n")
        }
        (true, false) => format!("{added}commit .gitattributes\n"),
        (false, true) => format!("\ncommit {LOCK_FILE} with this version of the app\n"),
        (false, false) => String::new(),
    }
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
        "retired": comparison.retired_as_json(),
        "joins": [],
        "broken": comparison.broken_as_json(),
        "gitattributes": false,
    });
    Report::new(text, json, false)
}

fn nothing_new(
    file: &LockFile,
    version: u32,
    comparison: &Comparison,
    is_attributed: bool,
) -> Report {
    let text = format!(
        "there is nothing to record: all of the schema is released, up to release {version}\n{}{}",
        comparison.retired_as_text(),
        to_commit(is_attributed, false),
    );
    let json = json!({
        "recorded": false,
        "version": version,
        "file": file.path,
        "added": [],
        "retired": comparison.retired_as_json(),
        "joins": [],
        "broken": [],
        "gitattributes": is_attributed,
    });
    Report::new(text, json, true)
}
