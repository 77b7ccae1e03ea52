//! Revisions, and the `ara.lock` of a package in them.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock};

use super::command::{answer, failed, git, succeeded, text_of};
use super::repository::is_shallow;
use crate::cargo::package::Package;

/// A revision of the repository that a package is in.
#[derive(Debug)]
pub struct Revision<'a> {
    package: &'a Package,
    /// The name that the user has given.
    name: &'a str,
    commit: String,
}

impl<'a> Revision<'a> {
    /// Returns the revision of this name.
    pub fn find(package: &'a Package, name: &'a str) -> Result<Self> {
        let asked = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked];
        let found = git(package, &arguments)?;
        if !found.status.success() {
            let said = String::from_utf8_lossy(&found.stderr);
            // Git says nothing about a revision that it does not know.
            bail!("{}", if said.is_empty() { unknown(package, name) } else { failed(&said) });
        }
        let commit = text_of(&found.stdout);
        Ok(Self { package, name, commit })
    }

    /// Returns the lock that the package had in this revision, which is empty if it had none yet. `now` is
    /// the lock that it has now.
    pub fn lock(&self, now: &Lock) -> Result<Lock> {
        let Self { package, name, commit } = self;
        let listed =
            succeeded(git(package, &["ls-tree", "--name-only", commit, "--", LOCK_FILE])?)?;
        if !listed.is_empty() {
            let text = succeeded(git(package, &["show", &format!("{commit}:./{LOCK_FILE}")])?)?;
            return parsed(text, LOCK_FILE, name);
        }
        Ok(self.moved_lock(now)?.unwrap_or_default())
    }

    /// Returns the lock that the package had in another folder: a lock that no longer exists there, and
    /// that has a release in common with `now`.
    fn moved_lock(&self, now: &Lock) -> Result<Option<Lock>> {
        let Self { package, name, commit } = self;
        let root = succeeded(git(package, &["rev-parse", "--show-toplevel"])?)?;
        let root = PathBuf::from(String::from_utf8_lossy(&root).trim_end_matches('\n'));
        let all = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit];
        let all = succeeded(git(package, &all)?)?;
        let all = String::from_utf8_lossy(&all);
        let locks = all.split('\0').filter(|path| path.rsplit('/').next() == Some(LOCK_FILE));
        for path in locks.filter(|path| !root.join(path).exists()) {
            let text = succeeded(git(package, &["show", &format!("{commit}:{path}")])?)?;
            // An invalid lock is taken for one of another package.
            let Ok(older) = parsed(text, path, name) else { continue };
            if older.releases().iter().any(|release| now.releases().contains(release)) {
                return Ok(Some(older));
            }
        }
        Ok(None)
    }

    /// Returns the last revision that this branch and that of the revision have in common, if git knows it.
    pub fn base(&self) -> Option<Self> {
        let Self { package, name, commit } = self;
        let base = answer(package, &["merge-base", commit, "HEAD"])?;
        Some(Self { package, name, commit: base })
    }
}

/// Reads the text of a lock in a revision.
fn parsed(text: Vec<u8>, path: &str, revision: &str) -> Result<Lock> {
    let text = String::from_utf8(text)
        .with_context(|| format!("{path} of revision `{revision}` is no text"))?;
    Lock::parse(&text).with_context(|| format!("{path} of revision `{revision}` cannot be used"))
}

/// Returns the message for a revision that git does not know.
fn unknown(package: &Package, name: &str) -> String {
    let mut told = format!("git does not find the revision `{name}`");
    let remotes = answer(package, &["remote"]).unwrap_or_default();
    let is_remote = |word: &str| word == "origin" || remotes.lines().any(|remote| remote == word);
    match name.split_once('/').filter(|(remote, _)| is_remote(remote)) {
        _ if !may_be_a_branch(name) => {}
        Some((remote, branch)) => {
            told.push_str(&format!("\nfetch it first: `git fetch {remote} {branch}`"));
        }
        None => told.push_str(&format!(
            "\nif it is a branch of a server, fetch it first: `git fetch origin {name}`, then \
             `--against origin/{name}`"
        )),
    }
    if is_shallow(package) {
        told.push_str(
            "\nthis clone is shallow: `git fetch --unshallow` gets the rest of its history",
        );
    }
    told
}

/// Returns whether `name` may be the name of a branch, and not a commit or an expression such as `HEAD~1`.
fn may_be_a_branch(name: &str) -> bool {
    let is_commit = name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    !name.is_empty()
        && !name.starts_with('-')
        && name != "HEAD"
        && !name
            .contains(|c: char| c.is_whitespace() || c.is_control() || "~^@:{}?*[\\".contains(c))
        && !is_commit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_told_from_a_way_to_an_older_revision() {
        for branch in ["main", "made-up", "origin/main", "fix/a.b", "HEADER", "v1.0"] {
            assert!(may_be_a_branch(branch), "{branch}");
        }
        for other in ["", "HEAD", "HEAD~99", "main^", "--help", "@{1}", ":/fix", "0a1b2c3d", "a b"]
        {
            assert!(!may_be_a_branch(other), "{other}");
        }
    }
}
