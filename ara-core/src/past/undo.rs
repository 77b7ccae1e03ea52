//! Undoing transactions.

mod judge;
mod row_log;
mod target;
mod undo_row;
mod undo_text;
mod undoing;
mod written_row;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::Result;
use crate::log::transaction_id::TransactionId;
use crate::past::undo::judge::Judge;
use crate::past::undo::target::Target;
use crate::past::undo::undo_row::RowUndoing;
use crate::past::undo::undo_text::TextUndoing;
use crate::past::undo::undoing::Undoing;
use crate::past::undone::{Asked, Undoings, make_ready, note_turns, row_about, undone_writes};
use crate::rows::any_rows::AnyRows;

/// What an undo did, returned by [`Database::undo`] and [`Database::undo_all`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoReport {
    /// The number of values that were written.
    pub written: u64,
    /// The number of values of the transactions that were left as they are, because they have been
    /// overwritten since, or are not in a table. An undo that has no effect counts every value here.
    pub left: u64,
    /// The number of those that were left because this program does not know the functions by which they were written
    /// into columns that others replace: [ensure](Database::ensure) the app's schema first,
    /// or undo them in the version of the app that made them.
    pub unknown: u64,
    /// The transaction that the undo wrote, or `None` if it left all values. It can be undone in turn.
    pub transaction: Option<TransactionId>,
}

impl Database {
    /// Undoes a transaction, whichever device made it. Each value that it wrote, and that is still the last
    /// write of its column, is set back to the value before. A row that it created is deleted, and a row
    /// that it deleted is restored.
    ///
    /// - Columns that were written again since are left alone. A row that the transaction created is deleted
    ///   nevertheless, with all that others wrote into it, and restoring it brings all of that back.
    /// - What it added to a [`Counter`](crate::Counter) is subtracted, whatever was added since, even from a
    ///   row that it created.
    /// - Undoing a transaction that is undone already has no effect.
    /// - The value before is the last one that is not itself undone. So several transactions can be undone
    ///   step by step, the last one first.
    ///
    /// An undo is a transaction of its own, and nothing is removed from the log. Other devices receive the
    /// undo like any other transaction. It can be undone in turn, on any device: then the first transaction
    /// is in force again, and can be undone again.
    ///
    /// What a row shows then follows from one rule. A transaction that is not an undo is either in force or
    /// undone, as the last undo about it says. Each column that is undone or done again gets the last write of
    /// a transaction in force, and the row is there if the last one that created, deleted or restored it did
    /// not delete it. If none is in force, the column is empty, but for what the row was created with. An undo
    /// is in force while what it undid is still undone, or what it did again is not, whoever made it so: only
    /// then undoing it has an effect.
    ///
    /// Where columns replace others, an undo writes what they would show without the transaction. It knows the tables
    /// that were used or [ensured](Self::ensure) since the database was opened. Of others, what was written through
    /// into old columns is left alone, so ensure the app's schema first.
    ///
    /// If several devices undo the same transaction while they are offline, they write the same values, which
    /// merge without effect. Counters are an exception: each device subtracts the addition once. To undo any of
    /// these undos adds all of that again at once, and so it is right again; to undo the transaction once more
    /// then subtracts it once.
    ///
    /// [`undo_all`](Self::undo_all) undoes several transactions at once.
    ///
    /// These return the ids of transactions that can be undone:
    ///
    /// - [`transactions`](Self::transactions) lists all of them.
    /// - [`Transaction::id`] returns that of the running transaction.
    /// - [`MergeReport::transactions`](crate::MergeReport::transactions) holds those that a merge brought.
    /// - [`history`](Self::history) returns those that changed a row.
    ///
    /// [`Transaction::id`]: crate::Transaction::id
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.update(Todo::patch(milk).title("Buy oat milk"))?;
    /// let last = db.history(milk)?.pop().expect("was changed").transaction;
    /// let undone = db.undo(last)?;
    /// assert_eq!((undone.written, undone.left), (1, 0));
    /// assert_eq!(db.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy milk"));
    ///
    /// let again = db.undo(last)?;
    /// assert_eq!((again.written, again.left), (0, 1));
    /// if let Some(undoing) = undone.transaction {
    ///     db.undo(undoing)?;
    /// }
    /// assert_eq!(db.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy oat milk"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file is left unchanged if this returns one of these:
    ///
    /// - [`Error::UnknownTransaction`] if the transaction is not in the log of this database, or if it is an
    ///   undo of one that is not.
    /// - [`Error::CompactedTransaction`] if the log has been [compacted](Self::compact) beyond it, or if it is
    ///   an undo of one of which nothing is left.
    /// - [`Error::EndOfTime`] if a row that it wrote has the last stamp there is, so that nothing can be
    ///   written into it any more.
    /// - [Common errors](Self#common-errors).
    ///
    /// [`Error::UnknownTransaction`]: crate::Error::UnknownTransaction
    /// [`Error::CompactedTransaction`]: crate::Error::CompactedTransaction
    /// [`Error::EndOfTime`]: crate::Error::EndOfTime
    pub fn undo(&self, transaction: TransactionId) -> Result<UndoReport> {
        self.fresh_transaction(|fresh| fresh.undo(&[transaction]))
    }

    /// Undoes several transactions in a single one, for example all that a merge brought. For many, this is
    /// much faster than to [`undo`](Self::undo) each of them.
    ///
    /// All of them count as undone, and each column that one of them wrote last gets the last value that is
    /// not undone. This is what undoing one after the other gives, beginning with the last, except that it
    /// passes over values of all of them, even of one that is overwritten everywhere.
    ///
    /// - The order in which they are given does not matter, even if there are undos among them: the last one is
    ///   undone first, and each of them if it is still in force when its turn comes. So what a merge brought is
    ///   taken back as a whole, undos included.
    /// - In the report, a value that several transactions wrote counts as written once, but for each
    ///   transaction that it is left of.
    /// - The transaction that this writes can be undone in turn, and so all of them at once.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let (laptop, phone) = (Database::memory()?, Database::memory()?);
    /// let milk = phone.create(Todo::draft().title("Buy milk"))?;
    /// for changes in phone.changes_since(&laptop.version_vector()?)? {
    ///     laptop.merge(&changes?)?;
    /// }
    /// phone.update(Todo::patch(milk).title("Buy oat milk"))?;
    /// phone.create(Todo::draft().title("Make tea"))?;
    ///
    /// for changes in phone.changes_since(&laptop.version_vector()?)? {
    ///     let merged = laptop.merge(&changes?)?;
    ///     let undone = laptop.undo_all(merged.transactions)?;
    ///     assert_eq!((undone.written, undone.left), (2, 0));
    /// }
    /// assert_eq!(laptop.query::<Todo>().narrow(Todo::title).one()?.title, "Buy milk");
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`undo`](Self::undo), for any of the transactions: [`Error::UnknownTransaction`],
    /// [`Error::CompactedTransaction`], [`Error::EndOfTime`] and [common errors](Self#common-errors). The file
    /// is left unchanged then.
    ///
    /// [`Error::UnknownTransaction`]: crate::Error::UnknownTransaction
    /// [`Error::CompactedTransaction`]: crate::Error::CompactedTransaction
    /// [`Error::EndOfTime`]: crate::Error::EndOfTime
    pub fn undo_all(
        &self,
        transactions: impl IntoIterator<Item = TransactionId>,
    ) -> Result<UndoReport> {
        let transactions: Vec<_> = transactions.into_iter().collect();
        if transactions.is_empty() {
            return Ok(UndoReport::default());
        }
        self.fresh_transaction(|fresh| fresh.undo(&transactions))
    }
}

impl FreshTransaction<'_, '_> {
    fn undo(self, ids: &[TransactionId]) -> Result<UndoReport> {
        let lensed = self.lensed()?.into_iter().map(|plan| (plan.table, plan)).collect();
        let mut state = self.into_state();
        let writing = &mut state.writing;
        let connection = writing.connection;
        make_ready(writing)?;
        let registry = Registry::load(connection)?;
        let mut undoings = Undoings::new(connection, &registry);
        let targets = targets(&mut undoings, (connection, &registry), ids)?;
        let (undoings, mut any_rows) = (undoings, AnyRows::new(connection, &registry)?);
        let judge = Judge::new(&undoings);
        let writer = writing.recorder.node();
        let texts = TextUndoing::new(writing)?;
        let known = (judge, lensed);
        let rows = RowUndoing::new((connection, &registry), &targets, known, (writer, texts));
        let undone = Undoing::new(rows, &mut any_rows).run(writing)?;
        let mut report = undone.report;
        // A transaction may be an undo that wrote no value but the record of it: then none is left.
        if undone.is_any || report.left == 0 {
            let counted = undone.counted.iter().filter_map(|at| targets.get(*at)?.turn);
            let counted: BTreeSet<_> = counted.map(|turn| turn.id).collect();
            let is_counted = |id| counted.contains(&id);
            note_turns(&undoings, &registry, is_counted, (&mut any_rows, writing))?;
            report.transaction = writing.recorder.transaction_id();
        }
        Ok(report)
    }
}

/// Finds out what becomes of transactions if some are undone. Returns those that are undone or done again, and
/// those of the ones to be undone that this makes no difference to.
fn targets(
    undoings: &mut Undoings<'_>,
    (connection, registry): (&Connection, &Registry),
    ids: &[TransactionId],
) -> Result<Vec<Target>> {
    let mut asked: BTreeMap<[u8; 16], Asked> = BTreeMap::new();
    let mut named = BTreeMap::new();
    for id in ids {
        let Entry::Vacant(new) = named.entry(*id) else { continue };
        let target = Target::find(connection, registry, (*id, true))?;
        let mut rows = Vec::new();
        if target.end.is_undo {
            for undo in undone_writes(connection, registry, &target.end)? {
                rows.push(undo.row);
                asked.entry(undo.row).or_default().undos.push(undo);
            }
        } else {
            rows.push(row_about(*id));
            asked.entry(row_about(*id)).or_default().transaction = Some(*id);
        }
        new.insert((target, rows));
    }
    for (row, asked) in asked {
        undoings.take_back(row, asked)?;
    }
    let mut targets = Vec::with_capacity(undoings.turns.len());
    for turn in undoings.turns.values() {
        let mut target = match named.remove(&turn.id) {
            Some((target, _)) => target,
            None => Target::find(connection, registry, (turn.id, false))?,
        };
        target.turn = Some(*turn);
        targets.push(target);
    }
    let has_turn = |rows: &[[u8; 16]]| rows.iter().any(|row| undoings.turns.contains_key(row));
    let rest = named.into_values().filter(|(_, rows)| !has_turn(rows));
    targets.extend(rest.map(|(target, _)| target));
    Ok(targets)
}
