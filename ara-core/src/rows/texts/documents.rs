//! The texts that are being edited, which are kept in memory from one transaction to the next.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::entropy::Entropy;
use crate::log::text_states::{Waiting, newest_number, note_fault, text_state, waiting};
use crate::log::texts::TextCell;
use crate::merged_text::document::{BadUpdate, Client, Document, EMPTY};
use crate::rows::texts::pending::Pending;

/// How many texts are kept in memory.
const MOST: usize = 8;

/// The texts that were edited last.
#[derive(Default)]
pub(crate) struct Documents {
    /// Random, and never stored.
    client: Option<Client>,
    /// The one that was used last comes last.
    held: Vec<Held>,
}

/// A text in memory.
pub(crate) struct Held {
    pub(super) cell: TextCell,
    pub(crate) document: Document,
    /// The number of the last update that is part of it, but for those that are pending.
    at: i64,
    /// What this transaction has edited, and not written yet.
    pub(crate) pending: Option<Pending>,
}

impl Documents {
    /// Forgets all texts, as some may hold edits that were taken back. What these called letters must not be used again.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Returns the client of what is written.
    pub(crate) fn client(&mut self, entropy: &mut Entropy) -> Result<Client> {
        Ok(match self.client {
            Some(client) => client,
            None => *self.client.insert(Client::new(entropy.bits()?)),
        })
    }

    /// Returns a text with all updates of it that are in the file.
    pub(crate) fn open(
        &mut self,
        connection: &Connection,
        entropy: &mut Entropy,
        cell: TextCell,
    ) -> Result<&mut Held> {
        let client = self.client(entropy)?;
        let at = self.held.iter().position(|held| held.cell == cell);
        let held = match at.map(|at| self.held.remove(at)) {
            // Nobody else writes while this transaction does.
            Some(held) if held.pending.is_some() => held,
            held => brought_up_to_date(connection, (client, cell), held)?,
        };
        if self.held.len() >= MOST
            && let Some(at) = self.held.iter().position(|held| held.pending.is_none())
        {
            self.held.remove(at);
        }
        self.held.push(held);
        self.held.last_mut().ok_or(Error::Corrupt)
    }

    /// Notes the number of an update that a text has already.
    pub(crate) fn note(&mut self, cell: TextCell, at: i64) {
        if let Some(held) = self.held.iter_mut().find(|held| held.cell == cell) {
            held.at = at;
        }
    }

    /// Takes out what was edited in texts and is not written yet, if it is of a text that is asked for.
    pub(crate) fn take_pending(
        &mut self,
        is_asked: impl Fn(&TextCell) -> bool,
    ) -> Vec<(TextCell, Pending)> {
        let asked = self.held.iter_mut().filter(|held| is_asked(&held.cell));
        asked.filter_map(|held| Some((held.cell, held.pending.take()?))).collect()
    }

    /// Forgets a text, and returns what was edited in it and is not written yet.
    pub(crate) fn drop_held(&mut self, cell: TextCell) -> Option<Pending> {
        let at = self.held.iter().position(|held| held.cell == cell)?;
        self.held.remove(at).pending
    }

    /// Forgets the texts of a row, as what was edited in them was not written.
    pub(crate) fn forget_row(&mut self, table: i64, row: &[u8; 16]) {
        self.held.retain(|held| (held.cell.table, &held.cell.row) != (table, row));
    }

    /// Returns whether anything was edited in texts that is not written yet.
    pub(crate) fn has_pending(&self) -> bool {
        self.held.iter().any(|held| held.pending.is_some())
    }
}

impl Held {
    /// Makes another text of it, and returns what that changes as an update, or `None` if nothing is. `None` stands for no
    /// text: one that somebody wrote is emptied then.
    pub(crate) fn become_text(&mut self, text: Option<&str>) -> Option<Vec<u8>> {
        let is_begun = self.at > 0 || self.pending.is_some();
        let update = self.document.become_text(text.unwrap_or_default());
        // A text that is begun empty is there as well.
        update.or_else(|| (text.is_some() && !is_begun).then(|| EMPTY.to_vec()))
    }

    /// Returns the number of the last update that is part of it.
    pub(super) fn at(&self) -> i64 {
        self.at
    }
}

/// Makes a text of what is in the file, or adds that to what is known of it.
fn brought_up_to_date(
    connection: &Connection,
    (client, cell): (Client, TextCell),
    held: Option<Held>,
) -> Result<Held> {
    let newest = newest_number(connection, cell)?;
    let held = held.filter(|held| newest.is_some_and(|newest| newest.is_after(held.at)));
    let mut held = match held {
        Some(held) => held,
        None => load(connection, (client, cell))?,
    };
    let waiting = waiting(connection, cell, held.at)?;
    let Some(last) = waiting.last().map(|last| last.at) else { return Ok(held) };
    let updates = waiting.iter().map(|waiting| &*waiting.update);
    if held.document.apply(updates) == Err(BadUpdate) {
        let loaded = load(connection, (client, cell))?;
        held.document = sifted(connection, (client, cell), loaded)?;
    }
    Ok(Held { cell, document: held.document, at: last, pending: None })
}

/// Makes a text of its state in the file.
fn load(connection: &Connection, (client, cell): (Client, TextCell)) -> Result<Held> {
    let (document, at) = match text_state(connection, cell)? {
        Some(known) => {
            let document = Document::load(client, &known.state);
            (document.map_err(|BadUpdate| Error::Corrupt)?, known.at)
        }
        None => (Document::new(client), 0),
    };
    Ok(Held { cell, document, at, pending: None })
}

/// Unites a text with all updates that wait and can be part of it. The others are noted.
fn sifted(
    connection: &Connection,
    (client, cell): (Client, TextCell),
    held: Held,
) -> Result<Document> {
    let state = held.document.state();
    let (mut document, mut good) = (held.document, vec![&*state]);
    let waiting = waiting(connection, cell, held.at)?;
    for Waiting { writer, update, .. } in &waiting {
        match document.apply([&**update]) {
            Ok(()) => good.push(update),
            Err(BadUpdate) => {
                note_fault(connection, cell, *writer)?;
                document = Document::new(client);
                document.apply(good.iter().copied()).map_err(|BadUpdate| Error::Corrupt)?;
            }
        }
    }
    Ok(document)
}
