//! `cargo ara sql`: the SQL that makes a new file.

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::Sql as Arguments;
use crate::comparison::{Broken, Comparison};
use crate::compiler::schema_of;
use crate::lock_file::LockFile;
use crate::package::Package;
use crate::report::Report;

/// Prints the statements.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let code = schema_of(&package, &arguments.code)?;
    let file = LockFile::of(&package)?;
    // What is wrong with the schema is told, and is no reason not to show its SQL.
    let (broken, invalid) = match file.parse() {
        Ok(lock) => (Comparison::new(&lock.facts(), &code).broken, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let mut warnings: Vec<String> = broken.iter().map(|broken| broken.message.clone()).collect();
    warnings.extend(invalid.iter().map(|error| format!("{}: {error}", file.shown())));

    let name = code.name;
    let tables: Vec<_> = code.tables.leak().iter().collect();
    let statements = ara_core::ddl(&tables);
    let text: String = statements.iter().map(|sql| format!("{sql};\n")).collect();
    let broken: Value = broken.iter().map(Broken::as_json).collect();
    let json =
        json!({"schema": name, "statements": statements, "broken": broken, "invalid": invalid});
    Ok(Report { warnings, ..Report::new(text, json, true) })
}
