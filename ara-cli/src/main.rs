//! `cargo ara`: records what was released of an ara schema, and looks into ara's files.

mod args;
mod cargo;
mod commands;
mod database;
mod files;
mod git;
mod lock;
mod output;

use std::env;
use std::process::ExitCode;

use args::Arguments;
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(args::without_subcommand(env::args_os()));
    arguments.color.write_global();
    output::report::print(commands::run(&arguments.command), arguments.json)
}
