//! What git knows of the `ara.lock` of a package.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock};

use crate::package::Package;

/// A revision of the repository that the package is in.
#[derive(Debug)]
pub struct Revision<'a> {
    package: &'a Package,
    /// As the user calls it.
    name: &'a str,
    commit: String,
}

impl<'a> Revision<'a> {
    /// The revision that is called so.
    pub fn find(package: &'a Package, name: &'a str) -> Result<Self> {
        let asked = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked];
        let found = git(package, &arguments)?;
        if !found.status.success() {
            let said = String::from_utf8_lossy(&found.stderr);
            // It has no words for what it just does not know.
            bail!("{}", if said.is_empty() { unknown(package, name) } else { failed(&said) });
        }
        let commit = text_of(&found.stdout);
        Ok(Self { package, name, commit })
    }

    /// The lock of the package as it was then: nothing was released, if it was not there yet. `now` is the
    /// one that it has now.
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

    /// The lock where the package was in another folder: one that is not there any more, and has a release
    /// in common with this one.
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
            // Of another package's it does not matter what is wrong with it.
            let Ok(older) = parsed(text, path, name) else { continue };
            if older.releases().iter().any(|release| now.releases().contains(release)) {
                return Ok(Some(older));
            }
        }
        Ok(None)
    }

    /// Where this branch left that of the revision, if git knows it.
    pub fn base(&self) -> Option<Self> {
        let Self { package, name, commit } = self;
        let base = answer(package, &["merge-base", commit, "HEAD"])?;
        Some(Self { package, name, commit: base })
    }
}

fn parsed(text: Vec<u8>, path: &str, revision: &str) -> Result<Lock> {
    let text = String::from_utf8(text)
        .with_context(|| format!("{path} of revision `{revision}` is no text"))?;
    Lock::parse(&text).with_context(|| format!("{path} of revision `{revision}` cannot be used"))
}

/// Whether the last commit has a lock of the package. There may be no git, or no repository.
pub fn last_commit_has_lock(package: &Package) -> bool {
    answer(package, &["ls-tree", "--name-only", "HEAD", "--", LOCK_FILE]).is_some()
}

/// Whether the repository says how locks are merged, be it in a folder above the package.
pub fn knows_how_to_merge(package: &Package) -> bool {
    answer(package, &["check-attr", "merge", "--", LOCK_FILE])
        .is_some_and(|said| !said.ends_with(": unspecified"))
}

/// Whether git lacks a part of the history here, as it often does in CI.
pub fn is_shallow(package: &Package) -> bool {
    answer(package, &["rev-parse", "--is-shallow-repository"]).is_some_and(|said| said == "true")
}

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

/// Whether it is a name that a branch may have, and no way to say what came before another revision.
fn may_be_a_branch(name: &str) -> bool {
    let is_commit = name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    !name.is_empty()
        && !name.starts_with('-')
        && name != "HEAD"
        && !name
            .contains(|c: char| c.is_whitespace() || c.is_control() || "~^@:{}?*[\\".contains(c))
        && !is_commit
}

/// What git prints; `None` if it prints nothing, fails, or is not there.
fn answer(package: &Package, arguments: &[&str]) -> Option<String> {
    let output = git(package, arguments).ok().filter(|output| output.status.success())?;
    Some(text_of(&output.stdout)).filter(|text| !text.is_empty())
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
        bail!("{}", failed(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(output.stdout)
}

fn failed(said: &str) -> String {
    format!("git failed: {}", said.trim().trim_start_matches("fatal: "))
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
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
