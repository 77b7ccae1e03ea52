//! `cargo ara unreadable`: lists the cells that no recorded schema can read.

use anyhow::Result;
use ara_core::{RecordedType, UnfitCells};
use serde_json::{Value, json};

use crate::args::Unreadable as Arguments;
use crate::database::open;
use crate::output::facts::{type_as_json, width_in_words};
use crate::output::plural::plural;
use crate::output::report::Report;
use crate::output::style::{BAD, GOOD, LACKED, Styled};
use crate::output::table::table;

/// Lists the cells.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let database = open(&arguments.file, &arguments.unlock)?;
    let schemas = Schemas::of(&database.schema()?.versions);
    let cells = database.unfit_cells()?;
    let (undeclared, unreadable): (Vec<_>, Vec<_>) =
        cells.into_iter().partition(|cells| cells.types.is_empty());
    let json = json!({
        "file": arguments.file,
        "readable": unreadable.is_empty(),
        "unreadable": unreadable.iter().map(unreadable_as_json).collect::<Vec<_>>(),
        "undeclared": undeclared.iter().map(as_json).collect::<Vec<_>>(),
        "schemas": schemas.all,
        "unknown_schemas": schemas.unknown,
    });
    let mut text = String::new();
    if !unreadable.is_empty() {
        let found = Styled(BAD, "no recorded schema can read");
        text.push_str(&format!("{found} these cells:\n{}\n", as_table(&unreadable, true)));
    } else if schemas.all > 0 {
        let fine = Styled(GOOD, "fine");
        text.push_str(&format!("{fine}: a recorded schema can read each cell of its columns\n"));
    }
    if !undeclared.is_empty() {
        let found = Styled(LACKED, "no recorded schema declares");
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}{found} these columns:\n{}\n", as_table(&undeclared, false)));
    }
    text.push_str(&schemas.note());
    let holds = unreadable.is_empty();
    Ok(Report::new(text, json, holds))
}

/// How many schemas were recorded in the file.
struct Schemas {
    all: usize,
    /// The number of those that this version of ara cannot read.
    unknown: usize,
}

impl Schemas {
    fn of(versions: &[ara_core::SchemaVersion]) -> Self {
        let unknown = versions.iter().filter(|version| version.snapshot.is_none()).count();
        Self { all: versions.len(), unknown }
    }

    /// Returns what must be known of the answer, if anything.
    fn note(&self) -> String {
        if self.all == 0 {
            return "no schema was ever ensured in this file, so nothing tells what its columns hold: \
                    `db.ensure::<App>()` writes its history\n"
                .to_owned();
        }
        if self.unknown == 0 {
            return String::new();
        }
        let unknown = plural(self.unknown as u64, "schema");
        format!(
            "\n{unknown} cannot be read by this version of `cargo ara`: what only they have is listed, too\n"
        )
    }
}

fn as_table(found: &[UnfitCells], is_recorded: bool) -> String {
    let headings = ["column", "cells", "first", "last", "recorded as"];
    let mut shown = table(if is_recorded { &headings } else { &headings[..4] });
    for UnfitCells { table, local, column, types, cells, first, last, .. } in found {
        let local = if *local { " (local)" } else { "" };
        let mut line = vec![
            format!("{table}.{column}{local}"),
            cells.to_string(),
            first.to_string(),
            last.to_string(),
        ];
        if is_recorded {
            line.push(types.iter().map(in_words).collect::<Vec<_>>().join("; "));
        }
        shown.add_row(line);
    }
    shown.trim_fmt()
}

/// Returns a type in words, with the variants of an enum.
fn in_words(RecordedType { ty, range, .. }: &RecordedType) -> String {
    let words = width_in_words(ty, *range);
    match ty.variants() {
        Some(variants) => format!("{words} {}", variants.join(", ")),
        None => words,
    }
}

fn unreadable_as_json(found: &UnfitCells) -> Value {
    let types = found.types.iter().map(|RecordedType { ty, range, .. }| {
        // Here the variants are what the cells were compared with.
        let ty = match ty.variants() {
            Some(_) => json!(ty),
            None => type_as_json(ty),
        };
        json!({ "type": ty, "range": range })
    });
    let mut json = as_json(found);
    if let Value::Object(object) = &mut json {
        object.insert("types".to_owned(), types.collect());
    }
    json
}

fn as_json(UnfitCells { table, local, column, cells, first, last, .. }: &UnfitCells) -> Value {
    json!({
        "table": table,
        "local": local,
        "column": column,
        "cells": cells,
        "first": first,
        "last": last,
    })
}
