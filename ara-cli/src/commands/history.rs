//! `cargo ara history`: lists the schemas that a file had.

use anyhow::Result;
use ara_core::{Growth, SchemaFailure, SchemaVersion};
use serde_json::{Value, json};

use crate::args::History as Arguments;
use crate::database::ensured::Ensured;
use crate::database::open;
use crate::output::report::Report;
use crate::output::style::{BAD, NAME, Styled};
use crate::output::table::table;

/// Lists the schemas.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let database = open(&arguments.file, &arguments.unlock)?;
    let (versions, failures) = (database.schema()?.versions, database.schema_failures()?);
    let mut text = match Ensured::of(&versions) {
        Some(ensured) => format!("{}\n{}", as_table(&versions), ensured.as_text()),
        None => {
            "no schema was ever ensured in this file: `db.ensure::<App>()` writes its history\n"
                .to_owned()
        }
    };
    if !failures.is_empty() {
        text.push_str(&failures_as_text(&failures));
    }
    let json = json!({
        "file": arguments.file,
        "history": versions.iter().map(as_json).collect::<Vec<_>>(),
        "failures": failures,
    });
    Ok(Report::new(text, json, true))
}

/// Returns a version for `--json`. All keys are there, also those of empty lists.
fn as_json(version: &SchemaVersion) -> Value {
    let mut json = json!(version);
    if let (Some(added), Some(place)) = (&version.added, json.get_mut("added")) {
        let Growth { tables, columns, indexes, dropped_indexes, .. } = added;
        *place = json!({
            "tables": tables,
            "columns": columns,
            "indexes": indexes,
            "dropped_indexes": dropped_indexes,
        });
    }
    json
}

/// Returns two lines for each failure: what was ensured, and why that failed.
fn failures_as_text(failures: &[SchemaFailure]) -> String {
    let lines = failures.iter().map(|failure| {
        let SchemaFailure { time, schema, version, app_version, reason, .. } = failure;
        let schema = Styled(NAME, schema);
        let release = if *version > 0 { format!(", release {version}") } else { String::new() };
        let app =
            if app_version.is_empty() { String::new() } else { format!(", by app {app_version}") };
        format!("  {time}  {schema}{release}{app}\n    {reason}\n")
    });
    format!("\n{} on this device:\n{}", Styled(BAD, "failed"), lines.collect::<String>())
}

fn as_table(versions: &[SchemaVersion]) -> String {
    let mut shown = table(&["time", "schema", "release", "app", "device", "checksum", "added"]);
    for version in versions {
        let short = |text: &Option<String>| match text {
            Some(text) => text.chars().take(8).collect(),
            None => String::new(),
        };
        shown.add_row([
            version.time.map(|time| time.to_string()).unwrap_or_default(),
            version.schema.clone().unwrap_or_default(),
            // Version 0 means that the schema was not released yet.
            version.version.map(|number| number.to_string()).unwrap_or_default(),
            version.app_version.clone().unwrap_or_default(),
            short(&version.device),
            short(&version.checksum),
            version.added.as_ref().map(in_words).unwrap_or_default(),
        ]);
    }
    format!("{}\n", shown.trim_fmt())
}

fn in_words(Growth { tables, columns, indexes, dropped_indexes, .. }: &Growth) -> String {
    let parts = [
        ("tables", tables),
        ("columns", columns),
        ("indexes", indexes),
        ("indexes dropped", dropped_indexes),
    ];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<_> =
        parts.map(|(what, names)| format!("{what}: {}", names.join(", "))).collect();
    parts.join("; ")
}
