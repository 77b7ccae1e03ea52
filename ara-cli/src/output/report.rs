//! The answer of a command, and how it is printed.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::output::does_not_compile::DoesNotCompile;
use crate::output::style::{BAD, LACKED, Styled};

/// The answer of a command.
#[derive(Debug)]
pub struct Report {
    /// The coloured text for people. It ends with a line feed.
    pub text: String,
    /// The object for programs.
    pub json: Value,
    /// Whether the answer is yes. If it is not, the exit code is 1.
    pub holds: bool,
    /// What else people should know. It is printed to standard error.
    pub warnings: Vec<String>,
}

impl Report {
    /// Returns an answer without warnings.
    pub fn new(text: impl Into<String>, json: Value, holds: bool) -> Self {
        Self { text: text.into(), json, holds, warnings: Vec::new() }
    }
}

/// Prints an answer, and returns the exit code.
pub fn print(answer: Result<Report>, as_json: bool) -> ExitCode {
    match answer {
        Ok(Report { text, json, holds, warnings }) => {
            // The object tells programs everything that the warnings say.
            let warnings = if as_json { &[][..] } else { &warnings };
            let printed = print_warnings(warnings)
                .and_then(|()| if as_json { print_json(&json) } else { print_text(&text) });
            match printed {
                // A program that reads no further, such as `head`, has seen what it wanted.
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    let error = anyhow::Error::new(error).context("the answer cannot be printed");
                    let _ = print_error(&error);
                    ExitCode::from(2)
                }
                _ if holds => ExitCode::SUCCESS,
                _ => ExitCode::from(1),
            }
        }
        Err(error) => {
            // If this fails, there is nowhere left to report it.
            let _ = if as_json { print_json(&error_as_json(&error)) } else { print_error(&error) };
            ExitCode::from(2)
        }
    }
}

fn print_warnings(warnings: &[String]) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    warnings
        .iter()
        .try_for_each(|warning| writeln!(stderr, "{}: {warning}", Styled(LACKED, "warning")))
}

fn print_text(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn print_json(json: &Value) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{json:#}")?;
    stdout.flush()
}

fn print_error(error: &anyhow::Error) -> io::Result<()> {
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
