//! What a command answers.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::does_not_compile::DoesNotCompile;
use crate::style::{BAD, LACKED, Styled};

/// The answer of a command.
#[derive(Debug)]
pub struct Report {
    /// For people, coloured. It ends with a line feed.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// Whether the answer is yes.
    pub holds: bool,
    /// What else people should know, each a line or more. It goes to standard error.
    pub warnings: Vec<String>,
}

impl Report {
    /// An answer without warnings.
    pub fn new(text: impl Into<String>, json: Value, holds: bool) -> Self {
        Self { text: text.into(), json, holds, warnings: Vec::new() }
    }
}

/// Prints the answer, and says how the program ends.
pub fn print(answer: Result<Report>, as_json: bool) -> ExitCode {
    match answer {
        Ok(Report { text, json, holds, warnings }) => {
            // Programs find in the object what they should know.
            let warnings = if as_json { &[][..] } else { &warnings };
            let printed = print_warnings(warnings)
                .and_then(|()| if as_json { print_json(&json) } else { print_text(&text) });
            match printed {
                // Who reads no further, as `head`, has seen what it wanted.
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
            // There is nowhere left to say that this cannot be said.
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
