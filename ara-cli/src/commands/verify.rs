//! `cargo ara verify`: whether the tables of a file are what its log says.

use std::fmt::Write;

use anyhow::Result;
use ara_core::{Difference, Verification};
use serde_json::{Value, json};

use crate::args::Verify as Arguments;
use crate::database_file::open;
use crate::plural::plural;
use crate::progress::bar;
use crate::report::Report;
use crate::style::{BAD, GOOD, Styled};

/// Verifies the file.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let database = open(&arguments.file)?;
    let bar = bar();
    let found = database.verify_with(|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    bar.finish_and_clear();
    let found = found?;
    let json = json!({
        "file": arguments.file,
        "holds": found.holds(),
        "changes": found.changes,
        "rows": found.rows,
        "differences": found.differences.iter().map(as_json).collect::<Vec<_>>(),
    });
    Ok(Report { text: text(&found)?, json, holds: found.holds() })
}

fn as_json(difference: &Difference) -> Value {
    let Difference { table, column, .. } = difference;
    json!({"table": table, "column": column, "message": difference.to_string()})
}

fn text(found: &Verification) -> Result<String> {
    let Verification { changes, rows, differences, .. } = found;
    let compared = format!("{}, {} in the log", plural(*rows, "row"), plural(*changes, "change"));
    if differences.is_empty() {
        let fine = Styled(GOOD, "fine");
        return Ok(format!("{fine}: the tables are what the log says ({compared})\n"));
    }
    let mut text = String::new();
    for difference in differences {
        writeln!(text, "{}: {difference}", Styled(BAD, "differs"))?;
    }
    writeln!(
        text,
        "\nthe tables are not what the log says ({compared}): keep a copy of the file, and find out \
         what else has written to it"
    )?;
    Ok(text)
}
