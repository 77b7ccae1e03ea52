//! `cargo ara history`: the schemas that a file had.

use anyhow::Result;
use ara_core::{Growth, SchemaVersion};
use serde_json::json;

use crate::args::History as Arguments;
use crate::database_file::schema_of;
use crate::report::Report;
use crate::table::table;

/// Lists the schemas.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let versions = schema_of(&arguments.file)?.versions;
    let text = if versions.is_empty() {
        "no schema was ever ensured in this file: `db.ensure::<App>()` writes its history\n"
            .to_owned()
    } else {
        as_table(&versions)
    };
    let json = json!({"file": arguments.file, "history": versions});
    Ok(Report { text, json, holds: true })
}

fn as_table(versions: &[SchemaVersion]) -> String {
    let mut shown = table(&["time", "schema", "version", "app", "device", "checksum", "added"]);
    for version in versions {
        let short = |text: &Option<String>| match text {
            Some(text) => text.chars().take(8).collect(),
            None => String::new(),
        };
        shown.add_row([
            version.time.map(|time| time.to_string()).unwrap_or_default(),
            version.schema.clone().unwrap_or_default(),
            // 0 is what is not released yet.
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
