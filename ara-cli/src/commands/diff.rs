//! `cargo ara diff`: shows what is not recorded yet, or what a file has and lacks.

use std::path::Path;

use anyhow::Result;
use ara_core::Drift;
use ara_schema::{LOCK_FILE, Snapshot};
use serde_json::{Value, json};

use crate::args::{Code, Diff as Arguments};
use crate::cargo::compiler::schema_of;
use crate::cargo::package::Package;
use crate::database::comparison::{Differs, FileComparison};
use crate::database::drift;
use crate::database::open;
use crate::lock::comparison::Comparison;
use crate::lock::file::LockFile;
use crate::output::facts::{self, type_as_json, type_in_words};
use crate::output::report::Report;
use crate::output::style::{ADDED, BAD, LACKED, Styled};

/// Compares the code with the lock, or a schema with a file.
pub fn run(arguments: &Arguments) -> Result<Report> {
    match &arguments.file {
        Some(file) => schema_against_file(arguments, file),
        None => code_against_lock(&arguments.code),
    }
}

fn code_against_lock(code: &Code) -> Result<Report> {
    let package = Package::find(&code.selection)?;
    let lock = LockFile::of(&package)?.lock()?;
    let comparison = Comparison::new(&lock, &schema_of(&package, code)?);
    let is_same = comparison.is_same();
    let mut text = if is_same {
        format!("the schema is what {LOCK_FILE} records\n")
    } else {
        format!("{}{}", comparison.broken_as_text(), comparison.unrecorded_as_text())
    };
    text.push_str(&comparison.retired_as_text());
    let json = json!({
        "same": is_same,
        "unrecorded": comparison.unrecorded_as_json(),
        "broken": comparison.broken_as_json(),
        "retired": comparison.retired_as_json(),
    });
    Ok(Report::new(text, json, is_same))
}

fn schema_against_file(Arguments { code, unlock, .. }: &Arguments, path: &Path) -> Result<Report> {
    let database = open(path, unlock)?;
    let (file, drift) = (database.schema()?, database.schema_drift()?);
    let package = Package::find(&code.selection)?;
    let lock = LockFile::of(&package)?;
    let schema: Snapshot;
    let (compared, shown, comparison) = if lock.is_there() {
        schema = lock.lock()?.schema();
        ("lock", LOCK_FILE, FileComparison::of_lock(&schema, &file))
    } else {
        schema = schema_of(&package, code)?.tables;
        ("code", "the code", FileComparison::of_code(&schema, &file))
    };
    let is_same = comparison.is_same() && drift.is_empty();
    let json = json!({
        "same": is_same,
        "compared": compared,
        "lacks": facts::as_json(comparison.lacks.iter().copied()),
        "has": facts::as_json(comparison.has.iter().copied()),
        "differs": comparison.differs.iter().map(differs_as_json).collect::<Vec<_>>(),
        "drift": drift::as_json(&drift),
    });
    Ok(Report::new(as_text(&comparison, &drift, shown), json, is_same))
}

fn differs_as_json(Differs { table, column, in_schema, in_file }: &Differs<'_>) -> Value {
    let [in_schema, in_file] = [in_schema, in_file].map(|ty| type_as_json(ty));
    json!({"table": table, "column": column, "type": in_schema, "type_in_file": in_file})
}

fn as_text(comparison: &FileComparison<'_>, drift: &[Drift], schema: &str) -> String {
    if comparison.is_same() && drift.is_empty() {
        return format!("the file has what is in {schema}, and nothing else\n");
    }
    let mut parts = Vec::new();
    if !comparison.lacks.is_empty() {
        let lacks = facts::as_text(comparison.lacks.iter().copied(), '-', LACKED);
        parts.push(format!("the file lacks, of {schema}:\n{lacks}"));
    }
    if !comparison.has.is_empty() {
        let has = facts::as_text(comparison.has.iter().copied(), '+', ADDED);
        parts.push(format!("the file has, and {schema} has not:\n{has}"));
    }
    if !comparison.differs.is_empty() {
        let lines = comparison.differs.iter().map(|differs| {
            let Differs { table, column, in_schema, in_file } = differs;
            let [in_schema, in_file] = [in_schema, in_file].map(|ty| type_in_words(ty));
            let column = Styled(BAD, format!("{table}.{column}"));
            format!("  {column} is {in_file} in the file, and {in_schema} in {schema}\n")
        });
        parts.push(format!("they differ in types:\n{}", lines.collect::<String>()));
    }
    if !drift.is_empty() {
        parts.push(drift::as_text(drift));
    }
    parts.join("\n")
}
