//! `cargo ara`: records what was released of an ara schema, and looks into ara's files.

mod against;
mod args;
mod commands;
mod comparison;
mod compiler;
mod database_file;
mod does_not_compile;
mod drift;
mod emitted;
mod ensured;
mod facts;
mod file_comparison;
mod git;
mod git_attributes;
mod lock_file;
mod package;
mod plural;
mod progress;
mod report;
mod style;
mod table;
mod today;

use std::env;
use std::process::ExitCode;

use args::Arguments;
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(args::without_subcommand(env::args_os()));
    arguments.color.write_global();
    report::print(commands::run(&arguments.command), arguments.json)
}
