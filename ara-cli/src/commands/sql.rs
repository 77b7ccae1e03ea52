//! `cargo ara sql`: prints the SQL that creates the tables of a new file.

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::Sql as Arguments;
use crate::cargo::compiler::schema_of;
use crate::cargo::package::Package;
use crate::lock::comparison::{Broken, Comparison};
use crate::lock::file::LockFile;
use crate::output::report::Report;

/// Prints the statements.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let code = schema_of(&package, &arguments.code)?;
    let file = LockFile::of(&package)?;
    // Faults of the schema are warnings here, as it has its SQL all the same.
    let (broken, invalid) = match file.parse() {
        Ok(lock) => (Comparison::new(&lock, &code).broken, None),
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
