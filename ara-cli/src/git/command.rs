//! Running git.

use std::io::ErrorKind;
use std::process::{Command, Output};

use anyhow::{Result, bail};
use ara_schema::LOCK_FILE;

use crate::cargo::package::Package;

/// Returns what git prints, or `None` if it prints nothing, fails or is not installed.
pub fn answer(package: &Package, arguments: &[&str]) -> Option<String> {
    let output = git(package, arguments).ok().filter(|output| output.status.success())?;
    Some(text_of(&output.stdout)).filter(|text| !text.is_empty())
}

/// Runs git in the folder of a package.
pub fn git(package: &Package, arguments: &[&str]) -> Result<Output> {
    let output = Command::new("git").args(arguments).current_dir(package.folder()).output();
    output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!(
            "git is not found: `--against` needs it, to read the `{LOCK_FILE}` of the revision"
        ),
        _ => anyhow::Error::new(error).context("git cannot be started"),
    })
}

/// Returns what git has printed, unless it has failed.
pub fn succeeded(output: Output) -> Result<Vec<u8>> {
    if !output.status.success() {
        bail!("{}", failed(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(output.stdout)
}

/// Returns the message for what git has said on failing.
pub fn failed(said: &str) -> String {
    format!("git failed: {}", said.trim().trim_start_matches("fatal: "))
}

/// Returns what git has printed as text, without white space around it.
pub fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
