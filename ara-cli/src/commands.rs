//! The commands, with a file for each.

mod check;
mod diff;
mod forget;
mod history;
mod inspect;
mod list;
mod lock;
mod sql;
mod unreadable;
mod vacuum;
mod verify;

use anyhow::Result;

use crate::args::Command;
use crate::output::report::Report;

/// Runs a command.
pub fn run(command: &Command) -> Result<Report> {
    match command {
        Command::Lock(arguments) => lock::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Sql(arguments) => sql::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::History(arguments) => history::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Unreadable(arguments) => unreadable::run(arguments),
        Command::Vacuum(arguments) => vacuum::run(arguments),
        Command::Forget(arguments) => forget::run(arguments),
    }
}
