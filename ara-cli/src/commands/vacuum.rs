//! `cargo ara vacuum`: gives unused room in a file back to the system.

use anyhow::Result;
use indicatif::HumanBytes;
use serde_json::json;

use crate::args::Vacuum as Arguments;
use crate::database::{open_to_write, vacuum};
use crate::output::report::Report;
use crate::output::style::{GOOD, Styled};

/// Vacuums a file.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let path = &arguments.file;
    let freed = vacuum(&open_to_write(path, &arguments.unlock)?)?;
    let json = json!({ "file": path, "freed": freed });
    let done = Styled(GOOD, "done");
    let text = match freed {
        0 => format!("{done}: no room was unused\n"),
        _ => format!("{done}: {} are free again\n", HumanBytes(freed)),
    };
    Ok(Report::new(text, json, true))
}
