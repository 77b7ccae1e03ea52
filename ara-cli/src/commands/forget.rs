//! `cargo ara forget`: removes the values of deleted rows for good.

use std::path::Path;

use anyhow::{Context, Result, bail};
use ara_core::{Database, Timestamp, Uuid};
use serde_json::json;

use crate::args::Forget as Arguments;
use crate::database::{open, open_to_write, vacuum};
use crate::output::plural::plural;
use crate::output::question::{Answer, ask};
use crate::output::report::Report;
use crate::output::style::{GOOD, LACKED, Styled};

/// Forgets rows, once that is confirmed.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let path = &arguments.file;
    let chosen = Chosen::of(arguments)?;
    let question = chosen.question(&open(path, &arguments.unlock)?, path)?;
    let answer = if arguments.yes { Answer::Yes } else { ask(&question)? };
    match answer {
        Answer::Yes => {}
        Answer::No => return Ok(report(path, &Outcome::default(), false)),
        Answer::Nobody => {
            bail!("{question} Nobody is there to answer: pass --yes if that is what you want")
        }
    }
    let database = open_to_write(path, &arguments.unlock)?;
    let mut outcome = chosen.forget(&database)?;
    if outcome.forgotten > 0 {
        outcome.freed = vacuum(&database).context(
            "the rows are forgotten, but unused parts of the file may still hold what is left of them: \
             run `cargo ara vacuum` on it",
        )?;
    }
    let holds = outcome.left.is_empty();
    Ok(report(path, &outcome, holds))
}

/// Which rows are to be forgotten.
enum Chosen<'a> {
    /// Rows of a table.
    Rows(&'a str, &'a [Uuid]),
    /// All deleted rows that were last changed before a time.
    DeletedBefore(Timestamp),
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    /// How many rows were forgotten.
    forgotten: u64,
    /// The rows that were not.
    left: Vec<Uuid>,
    /// By how many bytes the file became smaller.
    freed: u64,
}

impl<'a> Chosen<'a> {
    fn of(arguments: &'a Arguments) -> Result<Self> {
        match (arguments.deleted_before, &arguments.table) {
            (Some(before), _) => Ok(Self::DeletedBefore(before)),
            (None, Some(table)) => Ok(Self::Rows(table, &arguments.ids)),
            (None, None) => bail!("say which rows are to be forgotten"),
        }
    }

    /// Returns the question that must be answered first.
    fn question(&self, database: &Database, path: &Path) -> Result<String> {
        let path = path.display();
        let what = match *self {
            Self::Rows(table, ids) => {
                let tables = database.row_counts()?;
                if !tables.iter().any(|count| count.table == table) {
                    let names: Vec<_> = tables.into_iter().map(|count| count.table).collect();
                    bail!("{path} has no table `{table}`, but {}", names.join(", "));
                }
                format!("{} of table `{table}`", plural(ids.len() as u64, "row"))
            }
            Self::DeletedBefore(before) => {
                let rows = database.count_deleted(before)?;
                format!("{} that were deleted before {before}", plural(rows, "row"))
            }
        };
        Ok(format!("Forget {what} in {path}, for good and on every device that it merges with?"))
    }

    fn forget(&self, database: &Database) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        match *self {
            Self::DeletedBefore(before) => outcome.forgotten = database.forget_deleted(before)?,
            Self::Rows(table, ids) => {
                outcome.left = database.transaction(|tx| {
                    let mut left = Vec::new();
                    for id in ids {
                        if !tx.forget_row(table, *id)? {
                            left.push(*id);
                        }
                    }
                    Ok(left)
                })?;
                outcome.forgotten = (ids.len() - outcome.left.len()) as u64;
            }
        }
        Ok(outcome)
    }
}

fn report(path: &Path, outcome: &Outcome, holds: bool) -> Report {
    let Outcome { forgotten, left, freed } = outcome;
    let ids: Vec<String> = left.iter().map(Uuid::to_string).collect();
    let json = json!({ "file": path, "forgotten": forgotten, "left": ids, "freed": freed });
    let style = if holds { GOOD } else { LACKED };
    let mut text = format!("{}: {}\n", Styled(style, "forgotten"), plural(*forgotten, "row"));
    for id in ids {
        text.push_str(&format!("{id} is not a deleted row, or was forgotten before\n"));
    }
    Report::new(text, json, holds)
}
