//! What a command answers.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::does_not_compile::DoesNotCompile;
use crate::style::{BAD, Styled};

/// The answer of a command.
#[derive(Debug)]
pub struct Report {
    /// For people, coloured. It ends with a line feed.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// Whether the answer is yes.
    pub holds: bool,
}

/// Prints the answer, and says how the program ends.
pub fn print(answer: Result<Report>, as_json: bool) -> ExitCode {
    match answer {
        Ok(Report { text, json, holds }) => {
            let printed = if as_json { print_json(&json) } else { print_text(&text) };
            // Who reads no further, as `head`, has seen what it wanted.
            let is_fine = holds && printed.as_ref().map_or_else(is_broken_pipe, |()| true);
            if is_fine { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            let _ = if as_json { print_json(&error_as_json(&error)) } else { print_error(&error) };
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

fn print_text(text: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn print_json(json: &Value) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{json:#}")?;
    stdout.flush()
}

fn print_error(error: &anyhow::Error) -> std::io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    if let Some(DoesNotCompile { compiler, .. }) = error.downcast_ref() {
        writeln!(stderr, "{}\n", compiler.trim_end())?;
    }
    writeln!(stderr, "{}: {error:#}", Styled(BAD, "error"))
}

fn error_as_json(error: &anyhow::Error) -> Value {
    let message = format!("{error:#}");
    match error.downcast_ref() {
        Some(DoesNotCompile { compiler, .. }) => {
            let compiler = anstream::adapter::strip_str(compiler).to_string();
            json!({"error": message, "compiler": compiler})
        }
        None => json!({"error": message}),
    }
}
