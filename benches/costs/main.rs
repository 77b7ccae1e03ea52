//! What a call costs where a log is long, has many nodes, or changes many rows at once: each row has a time,
//! a size or an amount of memory that it is to stay below.
//!
//! `cargo bench --bench costs`, or with a word to run only the rows whose name contains it:
//! `cargo bench --bench costs -- compact`. With `--divide=100` everything is a hundredth of its size, which
//! takes seconds and tells whether the rows run, but nothing about their targets. What the calls wrote and
//! read is checked, outside what is measured.

mod compact;
mod long_log;
mod many_tables;
mod nodes;
mod tables;
mod undo;
mod verify;

use std::path::Path;

use ara_measure::Report;

fn main() -> ara::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some(file) = arguments.iter().find_map(|argument| argument.strip_prefix(verify::CHILD)) {
        return verify::in_child(Path::new(file));
    }
    let mut report = Report::new(&arguments);
    long_log::long_log(&mut report)?;
    undo::steps(&mut report)?;
    undo::merged(&mut report)?;
    undo::large(&mut report)?;
    many_tables::many_tables(&mut report)?;
    nodes::transactions(&mut report)?;
    nodes::counter(&mut report)
}
