//! Watching a text: what others change in it, and what an editor types meanwhile.

use std::fmt;
use std::ops::RangeBounds;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use uuid::Uuid;

use crate::database::Database;
use crate::database::subscription::{Subscription, Until};
use crate::database::text_edit::{BEYOND, bytes_of, text_cell};
use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::log::entropy::Entropy;
use crate::log::text_states::{newest_number, text_state, waiting};
use crate::log::texts::TextCell;
use crate::merged_text::change::{TextChange, changes};
use crate::merged_text::document::{BadUpdate, Client, Document};
use crate::model::table::{Column, Table};
use crate::model::table_ref::TableRef;
use crate::names::quoted;
use crate::value::{Id, Text};

/// A [`Text`] as an editor shows it, returned by [`Database::watch_text`].
///
/// It gives the editor what others change, as [changes](TextChange) of what the editor shows, and leaves out what the editor
/// itself typed by [`replace`](Self::replace). The editor takes over what it is given before it types more: all indices are
/// those of the text that it shows.
///
/// Commits of this process are noticed at once, and those of others as by a [watch of a query]. It does not keep the
/// database open.
///
/// ```
/// use ara::TextChange::{Insert, Keep};
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Note { id: Id<Note>, body: ara::Text }
///
/// let db = Database::memory()?;
/// let note = db.create(Note::draft().body("Buy milk"))?;
/// let mut editor = db.watch_text(note, Note::body)?;
/// assert_eq!(editor.text(), "Buy milk");
///
/// db.update(Note::patch(note).body("Buy fresh milk"))?;
/// editor.replace(8.., " and bread")?;
/// assert_eq!(editor.text(), "Buy milk and bread");
/// assert_eq!(editor.recv()?, [Keep(4), Insert("fresh ".to_owned())]);
/// assert_eq!(editor.text(), "Buy fresh milk and bread");
/// # Ok::<(), ara::Error>(())
/// ```
///
/// [watch of a query]: https://docs.rs/ara/latest/ara/struct.Watch.html
#[must_use = "it reads nothing until it is asked: call `recv`"]
pub struct TextWatch {
    subscription: Subscription,
    cell: TextCell,
    apply: fn(&Transaction<'_>, TextCell, &[u8]) -> Result<()>,
    name: (&'static str, &'static str),
    document: Document,
    /// The number of the last update of the file that is in the document.
    at: i64,
    /// What the editor shows, and what is to be told of it, after an edit that could not be written.
    left: Option<(String, Vec<TextChange>)>,
}

impl Database {
    /// Watches a text of a row for an editor that shows it: see [`TextWatch`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Transaction::text`].
    pub fn watch_text<C: Column<Value = Text>>(
        &self,
        id: Id<C::Table>,
        column: C,
    ) -> Result<TextWatch> {
        let _ = column;
        let table = TableRef::of::<C::Table>();
        let plan = self.plan(table)?;
        let (_, cell) =
            self.with_reader(|reading| text_cell::<C>(reading.connection, &plan, id))?;
        let stored_name = plan.stored_name();
        let sql = format!("SELECT {} FROM {}", quoted(C::NAME), quoted(stored_name));
        let named = [(stored_name.to_owned(), vec![id.uuid()])];
        let mut watch = TextWatch {
            subscription: self.subscribe(&[table], &[&sql], &named)?,
            cell,
            apply: |transaction, cell, update| {
                let id = Id::from_uuid(Uuid::from_bytes(cell.row));
                transaction.text_of::<C>(id)?.apply(update)
            },
            name: (C::Table::NAME, C::NAME),
            document: Document::new(new_client()?),
            at: 0,
            left: None,
        };
        watch.take(self)?;
        Ok(watch)
    }
}

impl TextWatch {
    /// Returns the text that the editor shows: with all changes that it was given, and all that it made.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.left {
            Some((shown, _)) => shown,
            None => self.document.text(),
        }
    }

    /// Writes what the editor typed: puts a text in the place of a range of characters of the text that it shows.
    ///
    /// If it cannot be written, the editor must not show it either.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the range is not within the text, if the row was deleted, or if an edit failed before and
    /// what came of that was not [received](Self::recv) yet; [`Error::Rule`] if the text would have more than 16 MB;
    /// [`Error::Closed`] once the last handle of the database is dropped; and
    /// [common errors](Database#common-errors).
    pub fn replace(&mut self, range: impl RangeBounds<usize>, text: &str) -> Result<()> {
        let (table, column) = self.name;
        let refused = |reason| Error::Text { table, column, reason };
        if self.left.is_some() {
            return Err(refused("has changed as an edit of it failed: receive that first"));
        }
        let range = bytes_of(self.document.text(), range).ok_or_else(|| refused(BEYOND))?;
        if range.is_empty() && text.is_empty() {
            return Ok(());
        }
        let database = self.subscription.database()?;
        let before = self.document.text().to_owned();
        let update = self.document.replace(range, text);
        let (apply, cell) = (self.apply, self.cell);
        let written = database.transaction(|transaction| apply(transaction, cell, &update));
        if written.is_err() {
            // What it calls the letters that were not written must not be used again.
            (self.document, self.at) = (Document::new(new_client()?), 0);
            self.take(&database)?;
            let left = changes(&before, self.document.text());
            self.left = Some((before, left));
        }
        written
    }

    /// Waits until others change the text, and returns what they changed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Closed`] once the last handle of the database is dropped, [`Error::InsideTransaction`] in a thread
    /// that runs a transaction, and [common errors](Database#common-errors).
    pub fn recv(&mut self) -> Result<Vec<TextChange>> {
        loop {
            if let Some(changes) = self.newest(|| Until::Touched)? {
                return Ok(changes);
            }
        }
    }

    /// Waits until others change the text, and returns what they changed, or `None` if they do not within this time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Vec<TextChange>>> {
        // If the end lies beyond what an `Instant` can hold, it is never reached.
        let end = Instant::now().checked_add(timeout);
        self.newest(|| end.map_or(Until::Touched, Until::Time))
    }

    /// Returns what others changed, or `None` if they did not.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Vec<TextChange>>> {
        self.recv_timeout(Duration::ZERO)
    }

    /// Calls a function whenever others may have changed the text, as that of a watch of a query: once, until that is
    /// received. The thread that commits calls it, so it should do no more than to pass on that there is news.
    pub fn on_change(&self, changed: impl Fn() + Send + Sync + 'static) {
        self.subscription.on_change(changed);
    }

    fn newest<'u>(&mut self, until: impl Fn() -> Until<'u>) -> Result<Option<Vec<TextChange>>> {
        if let Some((_, left)) = self.left.take().filter(|(_, left)| !left.is_empty()) {
            return Ok(Some(left));
        }
        loop {
            let Some(database) = self.subscription.wait(until())? else { return Ok(None) };
            let changes = self.take(&database)?;
            if !changes.is_empty() {
                return Ok(Some(changes));
            }
        }
    }

    /// Takes over what is in the file, and returns what that changes.
    fn take(&mut self, database: &Database) -> Result<Vec<TextChange>> {
        let (cell, at) = (self.cell, self.at);
        let found = database.with_reader(|reading| news(&*reading.snapshot()?, cell, at))?;
        let Some(News { updates, at }) = found else { return Ok(Vec::new()) };
        let before = self.document.text().to_owned();
        let new = updates.iter().map(Vec::as_slice);
        let changed = self.document.apply_telling(new);
        self.at = at;
        changed.or_else(|BadUpdate| {
            // Some update is none. The others are united.
            let all = database.with_reader(|reading| news(&*reading.snapshot()?, cell, 0))?;
            let all = all.map_or(Vec::new(), |all| all.updates);
            let all: Vec<_> = all.iter().map(Vec::as_slice).collect();
            let whole = Document::whole(new_client()?, &all);
            self.document = whole.map_err(|BadUpdate| Error::Corrupt)?;
            Ok(changes(&before, self.document.text()))
        })
    }
}

/// What the file has of a text that a watch has not.
struct News {
    updates: Vec<Vec<u8>>,
    /// The number of the last of them.
    at: i64,
}

/// Returns what the file has of a text after an update with a number, or `None` if that is nothing.
fn news(connection: &Connection, cell: TextCell, known: i64) -> Result<Option<News>> {
    let Some(numbers) = newest_number(connection, cell)? else { return Ok(None) };
    let (mut updates, mut at) = (Vec::new(), known);
    if !numbers.is_after(known) {
        let state = text_state(connection, cell)?;
        at = state.as_ref().map_or(0, |state| state.at);
        updates.extend(state.map(|state| state.state));
    }
    for waiting in waiting(connection, cell, at)? {
        at = waiting.at;
        updates.push(waiting.update);
    }
    Ok(Some(News { updates, at }).filter(|news| !news.updates.is_empty()))
}

fn new_client() -> Result<Client> {
    Ok(Client::new(Entropy::system().bits()?))
}

impl fmt::Debug for TextWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextWatch").finish_non_exhaustive()
    }
}
