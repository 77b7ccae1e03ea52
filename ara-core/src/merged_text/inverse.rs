//! Taking back what was edited in a text, and leaving what others edited.

use std::sync::{Arc, Mutex, PoisonError};

use yrs::undo::{Options as UndoOptions, StackItem, UndoManager};
use yrs::updates::decoder::Decode;
use yrs::{ClientID, ID, IdSet, ReadTxn, Transact, TransactionMut, Update, UpdateEvent};

use crate::merged_text::document::{BadUpdate, Client, Document, united, unless_it_panics};
use crate::merged_text::scan::{Copied, copied};

/// Returns, as an update, what takes back some updates of a text, the first of these last, or `None` if nothing is left of
/// them: what they inserted is deleted, and what they deleted is inserted again. `all` are all updates of the text, with
/// those that are taken back; the ones that cannot be part of it are left out. `undos` are those of them that earlier undos
/// wrote: what these inserted again goes with what it had been.
pub(crate) fn taken_back(
    client: Client,
    all: &[&[u8]],
    (taken, undos): (&[&[u8]], &[&[u8]]),
) -> Result<Option<Vec<u8>>, BadUpdate> {
    let document = Document::whole(client, all)?;
    let (doc, root) = document.parts();
    let items = taken.iter().map(|update| {
        let update = Update::decode_v1(update).map_err(|_| BadUpdate)?;
        let inserted = with_copies(update.insertions(true), undos);
        let deleted = update.delete_set().clone();
        Ok(StackItem::<()>::new(doc.guid(), deleted, inserted))
    });
    let init_undo_stack = items.collect::<Result<Vec<_>, _>>()?;
    let before = doc.transact().state_vector();
    let written = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&written);
    let note = move |_: &TransactionMut<'_>, event: &UpdateEvent| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).push(event.update.clone());
    };
    doc.observe_update_v1("written", note).map_err(|_| BadUpdate)?;
    unless_it_panics(|| {
        let options = UndoOptions { init_undo_stack, ..UndoOptions::default() };
        let mut undo = UndoManager::with_options(options);
        undo.expand_scope(doc, root);
        while undo.can_undo() {
            undo.undo_blocking();
        }
        Ok(())
    })?;
    let written = std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
    let mut written = united(written);
    Ok(match written.len() {
        0 | 1 => written.pop(),
        // With all that was ever deleted it is longer, and as right.
        _ => Some(doc.transact().encode_diff_v1(&before)),
    })
}

/// Adds what undos have inserted in the place of letters that had been deleted, the earliest undo first.
fn with_copies(mut inserted: IdSet, undos: &[&[u8]]) -> IdSet {
    let id = |(client, clock): (u64, u64), at: u64| {
        Some(ID::new(ClientID::new(client), u32::try_from(clock + at).ok()?))
    };
    for Copied { from, to, length } in undos.iter().flat_map(|undo| copied(undo)) {
        for at in 0..length {
            if let (Some(from), Some(to)) = (id(from, at), id(to, at))
                && inserted.contains(&from)
            {
                inserted.insert(to, 1);
            }
        }
    }
    inserted
}
