//! The lock of this branch against that of another revision.

use anyhow::Result;
use ara_schema::{LOCK_FILE, Lock, LockError};

use crate::git::{self, Revision};
use crate::package::Package;
use crate::style::{BAD, Styled};

/// What a revision has that this branch has not.
#[derive(Debug)]
pub struct Against<'a> {
    revision: &'a str,
    /// The first of it.
    pub lacks: Option<LockError>,
    /// Whether all that is lacking was released there since this branch was there.
    pub is_behind: bool,
    /// Whether git may lack the commit that tells.
    may_be_behind: bool,
}

impl<'a> Against<'a> {
    pub fn new(package: &Package, lock: &Lock, name: &'a str) -> Result<Self> {
        let revision = Revision::find(package, name)?;
        let lacks = lock.check_superset_of(&revision.lock(lock)?).err();
        let mut against = Self { revision: name, lacks, is_behind: false, may_be_behind: false };
        if against.lacks.is_some() {
            match revision.base() {
                // One that cannot be used tells nothing.
                Some(base) => {
                    let base = base.lock(lock).ok();
                    against.is_behind =
                        base.is_some_and(|base| lock.check_superset_of(&base).is_ok());
                }
                None => against.may_be_behind = git::is_shallow(package),
            }
        }
        Ok(against)
    }

    /// What is wrong and what to do, in a line or two; nothing if the branch has all of it.
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
