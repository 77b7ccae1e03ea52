//! Asking the compiler for the schema of a package. This runs `cargo check`, so that nothing is linked or
//! executed.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result};
use cargo_metadata::Message;

use crate::args::{Code, Compile, Selection};
use crate::cargo::emitted::{Emitted, Said};
use crate::cargo::package::Package;
use crate::output::progress::Waiting;

/// Returns the schema that a package declares.
pub fn schema_of(package: &Package, code: &Code) -> Result<Emitted> {
    let mut cargo = command(package, &code.selection, &code.compile)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be started: is it installed, and in the PATH?")?;
    let waiting = Waiting::start();
    let stderr = cargo.stderr.take().context("cargo has no standard error")?;
    let own_words = thread::spawn(move || {
        let mut said = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            waiting.tell(&line);
            said.push_str(&line);
            said.push('\n');
        }
        said
    });
    let stdout = cargo.stdout.take().context("cargo has no standard output")?;
    let mut said = Said::default();
    let mut heard = Ok(());
    for message in Message::parse_stream(BufReader::new(stdout)) {
        // After an error the output is still read to its end, as cargo would wait otherwise.
        heard = heard.and(match message {
            Ok(message) => said.hear(message, &package.id),
            Err(error) => Err(anyhow::Error::new(error).context("cargo's messages cannot be read")),
        });
    }
    let succeeded = cargo.wait().context("cargo is lost")?.success();
    let own_words = own_words.join().unwrap_or_default();
    heard?;
    said.schema(&package.name, succeeded, own_words.trim_end())
}

/// Returns the command that compiles the package.
fn command(package: &Package, selection: &Selection, compile: &Compile) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .args(["check", "--keep-going", "--message-format=json-diagnostic-rendered-ansi"])
        .args(["--color=always", "--manifest-path", package.manifest.as_str()])
        .args(["--package", &package.id.repr])
        .args(selection.cargo_options())
        .args(compile.cargo_options())
        // Names the package, as a dependency may declare a schema as well.
        .env("ARA_LOCK", format!("emit:{}", package.folder()));
    command
}
