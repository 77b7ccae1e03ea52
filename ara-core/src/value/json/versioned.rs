//! Documents that are stored with their version: what `#[derive(Versioned)]` is made of.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::value::json::stored_json;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A document that a column can hold in some version.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a version of a document",
    label = "needs serde's `Serialize` and `Deserialize`",
    note = "put `#[derive(serde::Serialize, serde::Deserialize)]` on it: a version is stored as JSON"
)]
pub trait Document: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Document for T {}

/// A document that becomes one of the next version.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become `{Next}`, the next version",
    label = "needs `From<{Self}> for {Next}`",
    note = "implement `From<{Self}> for {Next}`: through it, documents that were stored as `{Self}` are read"
)]
pub trait UpgradesTo<Next>: Sized {
    /// Returns the document of the next version.
    fn upgrade(self) -> Next;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Next>, Next> UpgradesTo<Next> for T {
    fn upgrade(self) -> Next {
        self.into()
    }
}

/// A document and the name of its version, as they are stored.
#[derive(Serialize, Deserialize)]
struct Envelope<D, N> {
    document: D,
    version: N,
}

/// A stored document whose version is known, and that is not read yet.
#[derive(Debug)]
pub struct Versioned {
    text: String,
    version: String,
}

impl Versioned {
    /// Returns a document as it is stored in this version.
    ///
    /// # Errors
    ///
    /// Returns the [`Rule`] that the document breaks: JSON cannot hold it.
    pub fn store<D: Document>(version: &str, document: &D) -> Result<Stored<'static>, Rule> {
        stored_json::<Envelope<D, IgnoredAny>>(&Envelope { document, version })
    }

    /// Reads the version of a stored document. Returns `None` if the value is none.
    #[must_use]
    pub fn read(stored: Stored<'_>) -> Option<Self> {
        let Stored::Text(text) = stored else { return None };
        let version = version_of(&text)?;
        Some(Self { text: text.into_owned(), version })
    }

    /// Returns the name of the version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Reads the document. Returns `None` if it is no `D`.
    #[must_use]
    pub fn document<D: Document>(&self) -> Option<D> {
        let read: Envelope<D, IgnoredAny> = serde_json::from_str(&self.text).ok()?;
        Some(read.document)
    }
}

/// Returns the name of the version that a text is a document of, if it is one.
pub(in crate::value) fn version_of(text: &str) -> Option<String> {
    let read: Envelope<IgnoredAny, String> = serde_json::from_str(text).ok()?;
    Some(read.version)
}
