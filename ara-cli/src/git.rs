//! The `ara.lock` of another revision.

use std::io::ErrorKind;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock};

use crate::package::Package;

/// The lock of the package as it was at a revision: nothing was released, if it was not there yet.
pub fn lock_at(package: &Package, revision: &str) -> Result<Lock> {
    let asked = format!("{revision}^{{commit}}");
    let commit = git(package, &["rev-parse", "--verify", "--end-of-options", &asked])?;
    if !commit.status.success() {
        let said = String::from_utf8_lossy(&commit.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        bail!(
            "git does not find the revision `{revision}`: {said}\nif it is a branch of a server, \
             fetch it first: `git fetch origin main`, then `--against origin/main`"
        );
    }
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    let listed = succeeded(git(package, &["ls-tree", "--name-only", &commit, "--", LOCK_FILE])?)?;
    if listed.is_empty() {
        return Ok(Lock::default());
    }
    let text = succeeded(git(package, &["show", &format!("{commit}:./{LOCK_FILE}")])?)?;
    let text = String::from_utf8(text)
        .with_context(|| format!("{LOCK_FILE} of revision `{revision}` is no text"))?;
    Lock::parse(&text)
        .with_context(|| format!("{LOCK_FILE} of revision `{revision}` cannot be used"))
}

fn git(package: &Package, arguments: &[&str]) -> Result<Output> {
    let output = Command::new("git").args(arguments).current_dir(package.folder()).output();
    output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!(
            "git is not found: `--against` needs it, to read the `{LOCK_FILE}` of the revision"
        ),
        _ => anyhow::Error::new(error).context("git cannot be started"),
    })
}

fn succeeded(output: Output) -> Result<Vec<u8>> {
    if !output.status.success() {
        bail!("git failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
