//! By what a file that lies beside a database is recognized.

use std::path::Path;

use crate::file::identity::{Finding, Identity, Recorded};

/// By what a file is recognized that lies beside a database, as the database itself is: as text.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileIdentity(String);

impl FileIdentity {
    /// Returns the identity of the file at a path, which is empty if the system tells none.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self(Identity::of(path).map_or_else(String::new, |identity| identity.to_string()))
    }

    /// Makes an identity of the text that was stored.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns the text that is stored.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Returns whether the file at a path is another one than this, so that it must be a copy.
    #[must_use]
    pub fn is_copied_to(&self, path: &Path) -> bool {
        let Some(recorded) = Identity::parse(&self.0) else { return false };
        matches!(Recorded::Known(recorded).recognize(Identity::of(path)), Finding::Copy(_))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_copy_is_told_from_the_file() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let [one, moved, copy] = ["one", "moved", "copy"].map(|name| folder.path().join(name));
        fs::write(&one, "keys")?;
        let identity = FileIdentity::of(&one);
        let stored = FileIdentity::from_text(identity.as_text());
        assert_eq!(stored, identity);
        fs::copy(&one, &copy)?;
        fs::rename(&one, &moved)?;
        assert!(!stored.is_copied_to(&moved));
        assert!(stored.is_copied_to(&copy));
        // What cannot be compared is taken for the file.
        assert!(!stored.is_copied_to(&one));
        assert!(!FileIdentity::from_text("").is_copied_to(&copy));
        Ok(())
    }
}
