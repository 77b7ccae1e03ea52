//! What texts said after each change of a row, for its history.

use crate::value::Stored;

/// The texts of a row, to which updates are applied one by one.
#[derive(Default)]
pub(super) struct TextsThen {
    #[cfg(feature = "text")]
    documents: std::collections::BTreeMap<u32, crate::merged_text::document::Document>,
}

impl TextsThen {
    /// Unites the text in a column with an update, and returns what it says then. Without the feature `text`, nobody
    /// knows that.
    #[cfg(feature = "text")]
    pub(super) fn write(&mut self, column: u32, update: &[u8]) -> Option<Stored<'static>> {
        use crate::merged_text::document::{Client, Document};

        let begin = || Document::new(Client::new(0));
        let document = self.documents.entry(column).or_insert_with(begin);
        let state = document.state();
        if document.apply([update]).is_err() {
            *document = Document::load(Client::new(0), &state).unwrap_or_else(|_| begin());
        }
        Some(Stored::Text(document.text().to_owned().into()))
    }

    #[cfg(not(feature = "text"))]
    #[expect(clippy::unused_self, reason = "with the feature, it has the texts")]
    pub(super) fn write(&mut self, _: u32, _: &[u8]) -> Option<Stored<'static>> {
        None
    }
}
