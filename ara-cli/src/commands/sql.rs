//! `cargo ara sql`: the SQL that makes a new file.

use anyhow::Result;
use serde_json::json;

use crate::args::Sql as Arguments;
use crate::compiler::schema_of;
use crate::package::Package;
use crate::report::Report;

/// Prints the statements.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let package = Package::find(&arguments.code.selection)?;
    let code = schema_of(&package, &arguments.code)?;
    let tables: Vec<_> = code.tables.leak().iter().collect();
    let statements = ara_core::ddl(&tables);
    let text = statements.iter().map(|sql| format!("{sql};\n")).collect();
    let json = json!({"schema": code.name, "statements": statements});
    Ok(Report { text, json, holds: true })
}
