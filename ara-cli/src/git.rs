//! The `ara.lock` of another revision.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock};

use crate::package::Package;

/// The lock of the package as it was at a revision: nothing was released, if it was not there yet.
pub fn lock_at(package: &Package, lock: &Lock, revision: &str) -> Result<Lock> {
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
    if !listed.is_empty() {
        let text = succeeded(git(package, &["show", &format!("{commit}:./{LOCK_FILE}")])?)?;
        return parsed(text, LOCK_FILE, revision);
    }
    Ok(moved_lock(package, lock, &commit, revision)?.unwrap_or_default())
}

/// The lock at a revision where the package was in another folder: one that is not there any more, and has
/// a release in common with this one.
fn moved_lock(
    package: &Package,
    lock: &Lock,
    commit: &str,
    revision: &str,
) -> Result<Option<Lock>> {
    let root = succeeded(git(package, &["rev-parse", "--show-toplevel"])?)?;
    let root = PathBuf::from(String::from_utf8_lossy(&root).trim_end_matches('\n'));
    let all = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit];
    let all = succeeded(git(package, &all)?)?;
    let all = String::from_utf8_lossy(&all);
    let locks = all.split('\0').filter(|path| path.rsplit('/').next() == Some(LOCK_FILE));
    for path in locks.filter(|path| !root.join(path).exists()) {
        let text = succeeded(git(package, &["show", &format!("{commit}:{path}")])?)?;
        // Of another package's it does not matter what is wrong with it.
        let Ok(older) = parsed(text, path, revision) else { continue };
        if older.releases().iter().any(|release| lock.releases().contains(release)) {
            return Ok(Some(older));
        }
    }
    Ok(None)
}

fn parsed(text: Vec<u8>, path: &str, revision: &str) -> Result<Lock> {
    let text = String::from_utf8(text)
        .with_context(|| format!("{path} of revision `{revision}` is no text"))?;
    Lock::parse(&text).with_context(|| format!("{path} of revision `{revision}` cannot be used"))
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
