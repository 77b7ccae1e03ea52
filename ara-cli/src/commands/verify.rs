//! `cargo ara verify`: checks that the tables of a file are what its log says.

use std::fmt::{self, Write};

use anyhow::Result;
use ara_core::{Difference, Drift, Verification, What};
use serde_json::{Value, json};

use crate::args::Verify as Arguments;
use crate::database::open;
use crate::output::plural::plural;
use crate::output::progress::bar;
use crate::output::report::Report;
use crate::output::style::{BAD, GOOD, Styled};

/// Verifies a file.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let database = open(&arguments.file, &arguments.unlock)?;
    let bar = bar();
    let found = database.verify_with(|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    bar.finish_and_clear();
    let found = found?;
    let drift = if found.holds() { Vec::new() } else { database.schema_drift()? };
    let differences: Vec<Told<'_>> =
        found.differences.iter().map(|difference| Told::new(difference, &drift)).collect();
    let json = json!({
        "file": arguments.file,
        "holds": found.holds(),
        "changes": found.changes,
        "rows": found.rows,
        "differences": differences.iter().map(Told::as_json).collect::<Vec<_>>(),
    });
    Ok(Report::new(text(&found, &differences)?, json, found.holds()))
}

/// A difference between the tables and the log.
struct Told<'a> {
    difference: &'a Difference,
    /// Whether `ensure` creates what is missing.
    is_mended_by_ensure: bool,
}

impl<'a> Told<'a> {
    fn new(difference: &'a Difference, drift: &[Drift]) -> Self {
        let Difference { table, column, what, .. } = difference;
        let is_mended_by_ensure = drift.iter().any(|drift| {
            let is_it = match (what, drift) {
                (What::MissingTable, Drift::MissingTable { table: missing }) => {
                    table.as_ref() == Some(missing)
                }
                (What::MissingColumn, Drift::MissingColumn { table: of, column: missing }) => {
                    table.as_ref() == Some(of) && column.as_ref() == Some(missing)
                }
                _ => false,
            };
            is_it && drift.is_mended_by_ensure()
        });
        Self { difference, is_mended_by_ensure }
    }

    fn as_json(&self) -> Value {
        let Difference { table, column, .. } = self.difference;
        json!({
            "table": table,
            "column": column,
            "message": self.difference.to_string(),
            "mended_by_ensure": self.is_mended_by_ensure,
        })
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.difference.fmt(f)?;
        let way = ": `ensure` makes it again, and fills it from the log";
        f.write_str(if self.is_mended_by_ensure { way } else { "" })
    }
}

fn text(found: &Verification, differences: &[Told<'_>]) -> Result<String> {
    let Verification { changes, rows, .. } = found;
    // The number is explained, as users do not know how many rows the history has.
    let compared = format!(
        "{} with those of the history and deleted ones, {} in the log",
        plural(*rows, "row"),
        plural(*changes, "change"),
    );
    if differences.is_empty() {
        let fine = Styled(GOOD, "fine");
        return Ok(format!("{fine}: the tables are what the log says ({compared})\n"));
    }
    let mut text = String::new();
    for difference in differences {
        writeln!(text, "{}: {difference}", Styled(BAD, "differs"))?;
    }
    write!(text, "\nthe tables are not what the log says ({compared})")?;
    text.push_str(if differences.iter().all(|told| told.is_mended_by_ensure) {
        ": `ensure` puts it right\n"
    } else {
        ": keep a copy of the file, and find out what else has written to it\n"
    });
    Ok(text)
}
