//! Texts that devices edit at the same time: what the updates of each come to, for the rows that show it.
//!
//! To unite updates takes a library that only apps with the feature `text` compile. Without it, updates wait in the file, and
//! columns keep what they showed.

#[cfg(feature = "text")]
pub(crate) mod documents;
#[cfg(feature = "text")]
pub(crate) mod pending;
#[cfg(feature = "text")]
mod uniting;

#[cfg(feature = "text")]
pub(crate) use self::documents::Documents;
#[cfg(feature = "text")]
pub(crate) use self::uniting::unite_due;

#[cfg(not(feature = "text"))]
pub(crate) use self::without::{Documents, unite_due};

#[cfg(not(feature = "text"))]
mod without {
    use rusqlite::Connection;

    use crate::error::Result;
    use crate::log::entropy::Entropy;
    use crate::log::texts::TextCell;

    /// Texts that were edited last, of which there are none.
    #[derive(Default)]
    pub(crate) struct Documents {}

    impl Documents {
        pub(crate) fn forget(&mut self) {}

        pub(crate) fn forget_row(&mut self, _: i64, _: &[u8; 16]) {}

        #[expect(clippy::unused_self, reason = "with the feature, it has texts")]
        pub(crate) fn has_pending(&self) -> bool {
            false
        }

        pub(crate) fn note(&mut self, _: TextCell, _: i64) {}
    }

    /// Leaves the updates of a table where they are.
    pub(crate) fn unite_due(
        _: (&Connection, &mut Documents, &mut Entropy),
        _: (i64, &str),
    ) -> Result<bool> {
        Ok(false)
    }
}
