//! The comparison of the lock with that of another revision.

use anyhow::Result;
use ara_schema::{LOCK_FILE, Lock, LockError};

use crate::cargo::package::Package;
use crate::git::repository::is_shallow;
use crate::git::revision::Revision;
use crate::output::style::{BAD, Styled};

/// What the lock of another revision has and the lock of this branch lacks.
#[derive(Debug)]
pub struct Against<'a> {
    revision: &'a str,
    /// The first thing that is lacking.
    pub lacks: Option<LockError>,
    /// Whether everything that is lacking was released there after this branch had left it.
    pub is_behind: bool,
    /// Whether git cannot tell if the branch is behind, as the clone is shallow.
    may_be_behind: bool,
}

impl<'a> Against<'a> {
    /// Compares the lock of a package with the one that it had in the revision of this name.
    pub fn new(package: &Package, lock: &Lock, name: &'a str) -> Result<Self> {
        let revision = Revision::find(package, name)?;
        let lacks = lock.check_superset_of(&revision.lock(lock)?).err();
        let mut against = Self { revision: name, lacks, is_behind: false, may_be_behind: false };
        if against.lacks.is_some() {
            match revision.base() {
                // A lock that is not valid tells nothing.
                Some(base) => {
                    let base = base.lock(lock).ok();
                    against.is_behind =
                        base.is_some_and(|base| lock.check_superset_of(&base).is_ok());
                }
                None => against.may_be_behind = is_shallow(package),
            }
        }
        Ok(against)
    }

    /// Returns what is lacking and what to do about it. The text is empty if nothing is lacking.
    pub fn as_text(&self) -> String {
        let Self { revision, lacks: Some(lacks), .. } = self else { return String::new() };
        if self.is_behind {
            let behind = Styled(BAD, "behind");
            return format!(
                "{behind}: this branch is behind `{revision}`: merge it first, {LOCK_FILE} lacks what \
                 was released there since\n"
            );
        }
        let changed = Styled(BAD, "changed");
        let mut text =
            format!("{changed}: {LOCK_FILE} lacks what it had at `{revision}`: {lacks}\n");
        if self.may_be_behind {
            text.push_str(
                "if this branch is only behind, git cannot tell, as this clone is shallow: \
                 `git fetch --unshallow`\n",
            );
        }
        text
    }
}
