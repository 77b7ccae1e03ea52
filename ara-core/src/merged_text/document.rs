//! A text with all that is needed to unite it with updates.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Assoc, ClientID, Doc, GetString, IdSet, IndexedSequence, Options, ReadTxn, StateVector,
    StickyIndex, Text as _, TextRef, Transact, TransactionMut, Update,
};

use crate::merged_text::diff;
use crate::merged_text::scan::{is_update_of_text, is_vector};

/// The name of the text in its document, by which an editor that speaks Yjs asks for it.
pub(super) const ROOT: &str = "text";

/// An update that inserts and deletes nothing.
pub(crate) const EMPTY: &[u8] = Update::EMPTY_V1;

/// Which names of inserted letters are this document's own: the client of Yjs. No two that write at the same time may have
/// the same, so it is random, and never stored: who puts back an earlier state of a file would give names away twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(u64);

impl Client {
    /// Makes a client of random bits. JavaScript has numbers of 53 bits.
    pub(crate) fn new(bits: u64) -> Self {
        Self(bits >> 11)
    }
}

/// An update that cannot be part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadUpdate;

/// A text with all that is needed to unite it with updates.
pub(crate) struct Document {
    doc: Doc,
    root: TextRef,
    text: String,
}

impl Document {
    /// Makes an empty text.
    pub(crate) fn new(client: Client) -> Self {
        Self::with(Options::with_client_id(ClientID::new(client.0)))
    }

    fn with(options: Options) -> Self {
        let doc = Doc::with_options(options);
        let root = doc.get_or_insert_text(ROOT);
        Self { doc, root, text: String::new() }
    }

    /// Unites all updates of a text that can be part of it, and keeps what was deleted.
    pub(crate) fn whole(client: Client, all: &[&[u8]]) -> Result<Self, BadUpdate> {
        let keeping = Options { skip_gc: true, ..Options::with_client_id(ClientID::new(client.0)) };
        let mut document = Self::with(keeping.clone());
        if document.apply(all.iter().copied()).is_ok() {
            return Ok(document);
        }
        let mut good = Vec::with_capacity(all.len());
        document = Self::with(keeping.clone());
        for update in all {
            match document.apply([*update]) {
                Ok(()) => good.push(*update),
                Err(BadUpdate) => {
                    document = Self::with(keeping.clone());
                    document.apply(good.iter().copied())?;
                }
            }
        }
        Ok(document)
    }

    /// Returns the document and the text in it.
    pub(super) fn parts(&self) -> (&Doc, &TextRef) {
        (&self.doc, &self.root)
    }

    /// Makes a text of its state.
    pub(crate) fn load(client: Client, state: &[u8]) -> Result<Self, BadUpdate> {
        let mut document = Self::new(client);
        document.apply([state])?;
        Ok(document)
    }

    /// Unites the text with updates. After an error, the document must not be used any more.
    pub(crate) fn apply<'u>(
        &mut self,
        updates: impl IntoIterator<Item = &'u [u8]>,
    ) -> Result<(), BadUpdate> {
        let Self { doc, root, .. } = &*self;
        let mut transaction = doc.transact_mut();
        let applied = unless_it_panics(|| {
            for update in updates {
                if !is_update_of_text(update) {
                    return Err(BadUpdate);
                }
                let update = Update::decode_v1(update).map_err(|_| BadUpdate)?;
                transaction.apply_update(update).map_err(|_| BadUpdate)?;
            }
            transaction.commit();
            Ok(root.get_string(&transaction))
        });
        ended(transaction).and(applied).map(|text| self.text = text)
    }

    /// Unites the text with an update. Returns, as an update, what of it is new, or `None` if nothing is. After an error,
    /// the document must not be used any more.
    pub(crate) fn apply_new(&mut self, update: &[u8]) -> Result<Option<Vec<u8>>, BadUpdate> {
        if !is_update_of_text(update) {
            return Err(BadUpdate);
        }
        let Self { doc, root, .. } = &*self;
        let mut transaction = doc.transact_mut();
        let applied = unless_it_panics(|| {
            let update = Update::decode_v1(update).map_err(|_| BadUpdate)?;
            transaction.apply_update(update).map_err(|_| BadUpdate)?;
            let new = transaction.encode_update_v1();
            transaction.commit();
            Ok((root.get_string(&transaction), new))
        });
        let applied = ended(transaction).and(applied);
        applied.map(|(text, new)| {
            self.text = text;
            Some(new).filter(|new| new != EMPTY)
        })
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Puts a text in the place of a part, which is given in bytes and within the text, and returns that as an update.
    pub(crate) fn replace(&mut self, range: Range<usize>, inserted: &str) -> Vec<u8> {
        let update = self.edit(&[(range.clone(), inserted)]);
        self.text.replace_range(range, inserted);
        update
    }

    /// Makes another text of it, and returns what that changes as an update, or `None` if it is the same.
    pub(crate) fn become_text(&mut self, new: &str) -> Option<Vec<u8>> {
        if self.text == new {
            return None;
        }
        let edits = diff::edits(&self.text, new);
        let update = self.edit(&edits);
        new.clone_into(&mut self.text);
        Some(update)
    }

    /// Does edits, the last part of the text first.
    fn edit(&self, edits: &[diff::Edit<'_>]) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        for (range, inserted) in edits {
            // Nothing is longer than a text can be.
            let [at, length] = [range.start, range.len()].map(|it| u32::try_from(it).unwrap_or(0));
            if length > 0 {
                self.root.remove_range(&mut transaction, at, length);
            }
            self.root.insert(&mut transaction, at, inserted);
        }
        transaction.encode_update_v1()
    }

    /// Returns the whole text as an update, with what waits for other updates.
    pub(crate) fn state(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// Returns the state vector: what of each client is in the text.
    pub(crate) fn vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// Returns what a text with this state vector lacks as an update.
    pub(crate) fn since(&self, vector: &[u8]) -> Result<Vec<u8>, BadUpdate> {
        if !is_vector(vector) {
            return Err(BadUpdate);
        }
        let vector = StateVector::decode_v1(vector).map_err(|_| BadUpdate)?;
        unless_it_panics(|| Ok(self.doc.transact().encode_diff_v1(&vector)))
    }

    /// Returns whether updates wait for others that are not there.
    pub(crate) fn lacks_updates(&self) -> bool {
        self.doc.transact().has_missing_updates()
    }

    /// Returns what stays at a place in the text, which is given in bytes.
    pub(crate) fn sticky(&self, at: usize) -> Option<StickyIndex> {
        let at = u32::try_from(at).ok()?;
        self.root.sticky_index(&self.doc.transact(), at, Assoc::Before)
    }

    /// Returns where in the text, in bytes, what stays at a place is now, or `None` if its letter is not there yet.
    pub(crate) fn place_of(&self, sticky: &StickyIndex) -> Option<usize> {
        let place = || Ok(sticky.get_offset(&self.doc.transact()).map(|found| found.index));
        let place = unless_it_panics(place).ok()??;
        // Some letters are two of those that Yjs counts.
        Some(self.text.ceil_char_boundary(place as usize))
    }
}

/// Makes a single update of updates that follow one another, if it says the same as they do.
pub(crate) fn united(updates: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if updates.len() < 2 {
        return updates;
    }
    let unite = || {
        let parts = updates.iter().map(|update| Update::decode_v1(update));
        let parts = parts.collect::<Result<Vec<_>, _>>().map_err(|_| BadUpdate)?;
        let (mut inserted, mut deleted) = (IdSet::new(), IdSet::new());
        for part in &parts {
            inserted.merge_with(part.insertions(true));
            deleted.merge_with(part.delete_set().clone());
        }
        let one = Update::merge_updates(parts);
        let says_the_same = one.insertions(true) == inserted && *one.delete_set() == deleted;
        if says_the_same { Ok(one.encode_v1()) } else { Err(BadUpdate) }
    };
    match unless_it_panics(unite) {
        Ok(one) => vec![one],
        Err(BadUpdate) => updates,
    }
}

/// Ends a transaction. That may panic as well, and while another panic is under way that would end the process.
fn ended(transaction: TransactionMut<'_>) -> Result<(), BadUpdate> {
    unless_it_panics(|| {
        drop(transaction);
        Ok(())
    })
}

/// Calls the library with what others have sent: it panics where it meets what it does not expect.
pub(super) fn unless_it_panics<R>(
    run: impl FnOnce() -> Result<R, BadUpdate>,
) -> Result<R, BadUpdate> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(BadUpdate))
}
