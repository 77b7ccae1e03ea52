//! The repository that a package is in, if it is in one.

use ara_schema::LOCK_FILE;

use super::command::answer;
use crate::cargo::package::Package;

/// Returns whether the last commit has a lock of the package. Without git or a repository, it has none.
pub fn last_commit_has_lock(package: &Package) -> bool {
    answer(package, &["ls-tree", "--name-only", "HEAD", "--", LOCK_FILE]).is_some()
}

/// Returns whether the repository says how the lock is merged, in the folder of the package or above it.
pub fn knows_how_to_merge(package: &Package) -> bool {
    answer(package, &["check-attr", "merge", "--", LOCK_FILE])
        .is_some_and(|said| !said.ends_with(": unspecified"))
}

/// Returns whether the clone lacks a part of the history, as is common in CI.
pub fn is_shallow(package: &Package) -> bool {
    answer(package, &["rev-parse", "--is-shallow-repository"]).is_some_and(|said| said == "true")
}
