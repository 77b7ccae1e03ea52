//! What the command line can ask for, a file each.

mod check;
mod diff;
mod list;
mod lock;

use anyhow::Result;

use crate::args::Command;
use crate::report::Report;

/// Does what was asked for.
pub fn run(command: &Command) -> Result<Report> {
    match command {
        Command::Lock(arguments) => lock::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::List(arguments) => list::run(arguments),
        _ => anyhow::bail!("not yet"),
    }
}
