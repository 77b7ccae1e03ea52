//! `cargo ara inspect`: shows what is in a file.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use ara_core::{Drift, FileColumn, FileSchema, FileTable, RowCount};
use indicatif::HumanBytes;
use serde_json::{Value, json};

use crate::args::{Code, Inspect as Arguments};
use crate::cargo::compiler::schema_of;
use crate::cargo::emitted::Emitted;
use crate::cargo::package::Package;
use crate::database::drift;
use crate::database::ensured::Ensured;
use crate::database::open;
use crate::output::facts::{type_as_json, type_in_words};
use crate::output::plural::plural;
use crate::output::report::Report;
use crate::output::style::{BAD, FAINT, LACKED, NAME, Styled};

/// What was found in a file.
struct Found {
    bytes: u64,
    schema: FileSchema,
    counts: Vec<RowCount>,
    drift: Vec<Drift>,
    /// The number of times that a schema could not be ensured.
    failures: u64,
    /// The schema of the app in the current folder, or why there is none.
    app: Result<Emitted>,
}

/// Inspects a file.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let path = &arguments.file;
    let database = open(path, &arguments.unlock)?;
    let file = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let found = Found {
        bytes: file.len(),
        schema: database.schema()?,
        counts: database.row_counts()?,
        drift: database.schema_drift()?,
        failures: database.schema_failures()?.len() as u64,
        app: app(&arguments.code),
    };
    let title = path.display().to_string();
    let mut json = found.as_json();
    if let Value::Object(object) = &mut json {
        object.insert("file".to_owned(), json!(path));
    }
    Ok(Report::new(found.as_text(&title)?, json, true))
}

fn app(code: &Code) -> Result<Emitted> {
    schema_of(&Package::find(&code.selection)?, code)
}

impl Found {
    fn count(&self, table: &FileTable) -> Option<&RowCount> {
        self.counts.iter().find(|count| count.table == table.name && count.local == table.local)
    }

    /// Returns whether the app knows a table, or a column of it, or `None` if there is no app.
    fn is_known(&self, table: &FileTable, column: Option<&FileColumn>) -> Option<bool> {
        let app = self.app.as_ref().ok()?;
        let known = app.tables.table(&table.name).filter(|known| known.local == table.local);
        Some(
            known.is_some_and(|known| {
                column.is_none_or(|column| known.column(&column.name).is_some())
            }),
        )
    }

    fn as_json(&self) -> Value {
        let tables = self.schema.tables.iter().map(|table| {
            let columns = table.columns.iter().map(|column| {
                json!({
                    "name": column.name,
                    "type": column.ty.as_ref().map(type_as_json),
                    "known": self.is_known(table, Some(column)),
                })
            });
            let count = self.count(table);
            json!({
                "name": table.name,
                "local": table.local,
                "known": self.is_known(table, None),
                "rows": count.map(|count| count.rows),
                "deleted": count.map(|count| count.deleted),
                "columns": columns.collect::<Vec<_>>(),
                "indexes": table.indexes,
            })
        });
        json!({
            "bytes": self.bytes,
            "format": self.schema.format,
            "app": self.app.as_ref().ok().map(|app| &app.name),
            "app_missing": self.app.as_ref().err().map(|error| format!("{error:#}")),
            "ensured": Ensured::of(&self.schema.versions).map(|ensured| ensured.as_json()),
            "failures": self.failures,
            "tables": tables.collect::<Vec<_>>(),
            "drift": drift::as_json(&self.drift),
        })
    }

    fn as_text(&self, title: &str) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let FileSchema { format, versions, .. } = &self.schema;
        writeln!(text, "{title}: {}, format {format}", HumanBytes(self.bytes))?;
        match Ensured::of(versions) {
            Some(ensured) => text.push_str(&ensured.as_text()),
            None => writeln!(text, "ensured last: nothing was ensured yet")?,
        }
        if self.failures > 0 {
            let times = Styled(BAD, plural(self.failures, "time"));
            writeln!(text, "failed to ensure: {times}, `cargo ara history {title}` tells why")?;
        }
        match &self.app {
            Ok(app) => writeln!(text, "app: {}", Styled(NAME, &app.name))?,
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().next().unwrap_or_default();
                writeln!(text, "app: none, so what it knows is left out ({reason})")?;
            }
        }
        for table in &self.schema.tables {
            self.write_table(&mut text, table)?;
        }
        if !self.drift.is_empty() {
            write!(text, "\n{}", drift::as_text(&self.drift))?;
        }
        Ok(text)
    }

    fn write_table(&self, text: &mut String, table: &FileTable) -> std::fmt::Result {
        let local = if table.local { ", local" } else { "" };
        write!(text, "\n{}{local}", Styled(NAME, &table.name))?;
        if let Some(RowCount { rows, deleted, .. }) = self.count(table) {
            write!(text, ", {}", plural(*rows, "row"))?;
            if *deleted > 0 {
                write!(text, " and {deleted} deleted")?;
            }
        }
        writeln!(text, "{}", self.mark(table, None))?;
        let width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in &table.columns {
            // Only the history of a file has types.
            let ty = column.ty.as_ref().map_or_else(|| "?".to_owned(), type_in_words);
            let mark = self.mark(table, Some(column));
            writeln!(text, "  {:width$}  {}{mark}", column.name, Styled(FAINT, ty))?;
        }
        for columns in &table.indexes {
            writeln!(text, "  {}", Styled(FAINT, format!("index on {}", columns.join(", "))))?;
        }
        Ok(())
    }

    /// Returns the mark of a table or a column that the app does not know.
    fn mark(&self, table: &FileTable, column: Option<&FileColumn>) -> String {
        match self.is_known(table, column) {
            Some(false) => format!("  {}", Styled(LACKED, "(the app does not know it)")),
            _ => String::new(),
        }
    }
}
