//! Which writes count, once transactions are undone.

use std::collections::{BTreeMap, HashMap};

use crate::error::Result;
use crate::log::cells::Write;
use crate::log::marks::PutBack;
use crate::log::node::Precedence;
use crate::log::transaction_id::TransactionId;
use crate::past::undo::row_log::{FIRST, FoundWrite, Limit, LogReader, RowLog, place_of};
use crate::past::undo::written_row::OwnedCell;
use crate::past::undone::Undoings;

/// Finds the last write of a column that counts: one of a transaction that is neither undone nor an undo.
///
/// If none counts, it is what the row was created with: so a row whose creation is undone is whole when it is
/// restored.
///
/// It is sought backwards. A write of an undo names the write that it puts back, and when the undo was made,
/// all between these two was undone. So if nothing of that was done again and nothing came in between, the
/// search goes on at the write that is put back, and it does not matter how often the row was undone before.
pub(super) struct Judge<'r> {
    /// What is recorded of transactions, and what is about to be.
    undoings: &'r Undoings<'r>,
    /// Whether transactions are undone, as far as it was looked up.
    known: HashMap<TransactionId, bool>,
    /// Whether any transaction was done again, once it was looked up.
    is_any_redone: Option<bool>,
}

/// What counts in a column.
pub(super) struct Verdict {
    /// The write that counts.
    pub(super) counts: Option<CountingWrite>,
    /// Whether the column's last write is that one, or puts it back.
    pub(super) is_held: bool,
    /// Whether an undo wrote the column last.
    pub(super) is_put_back: bool,
}

/// A write that counts.
pub(super) struct CountingWrite {
    pub(super) place: Precedence,
    /// What a cell must name that puts the write back.
    pub(super) origin: PutBack,
    pub(super) write: Write<'static>,
}

/// What was passed over.
#[derive(Default)]
struct Passed {
    /// The column's last write: which one it is or puts back, and whether an undo made it.
    last: Option<(Option<PutBack>, bool)>,
    /// The writes that undos put back, and that were not met yet, by their places.
    put_back: BTreeMap<Precedence, CountingWrite>,
    /// The last write that is undone.
    undone: Option<CountingWrite>,
    /// The earliest transaction that is undone, and its last write.
    earliest: Option<(TransactionId, CountingWrite)>,
    is_compacted: bool,
}

/// How many transactions are remembered.
const MOST_KNOWN: usize = 1 << 16;

impl<'r> Judge<'r> {
    pub(super) fn new(undoings: &'r Undoings<'r>) -> Self {
        Self { undoings, known: HashMap::new(), is_any_redone: None }
    }

    /// Returns what counts in a column. `again` is the place of its last write that is being done again.
    pub(super) fn of_column(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, again): (u32, Option<Precedence>),
    ) -> Result<Verdict> {
        self.of_writes(reader, log, (column, again), |_| true)
    }

    /// Returns which edit of a column counts, leaving out what was written through from other columns.
    pub(super) fn of_edits(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, again): (u32, Option<Precedence>),
    ) -> Result<Verdict> {
        self.of_writes(reader, log, (column, again), |cell| !cell.is_written_through)
    }

    fn of_writes(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, again): (u32, Option<Precedence>),
        is_asked: impl Fn(&OwnedCell) -> bool,
    ) -> Result<Verdict> {
        let mut passed = Passed::default();
        let mut limit = Limit::END;
        let counts = loop {
            let Some(found) = log.last(reader, column, limit)? else {
                break passed.rest(reader, log, column)?;
            };
            let node = reader.registry.nodes.get(&found.node);
            passed.is_compacted |= node.is_some_and(|node| node.is_compacted(found.number));
            limit = Limit::before(found.place);
            if !is_asked(&found.cell) {
                continue;
            }
            if found.end.is_undo {
                // What it adds makes up for what others added.
                if found.cell.added().is_none() {
                    let leap = self.leap(reader, log, &passed, (&found, again))?;
                    passed.undo(found);
                    if let Some(until) = leap {
                        limit = Limit::until(until);
                        passed.put_back.retain(|place, _| *place <= until);
                    }
                }
                continue;
            }
            let origin = found.origin();
            passed.last.get_or_insert((Some(origin), false));
            let first = passed.put_back.last_key_value().map(|(place, _)| *place);
            if first.is_some_and(|first| first > place_of(origin)) {
                break passed.rest(reader, log, column)?;
            }
            passed.put_back.remove(&place_of(origin));
            let (place, id, write) = (found.place, found.end.id, found.cell.write);
            let counting = || CountingWrite { place, origin, write: write.clone() };
            if !self.is_undone(id)? {
                break Some(counting());
            }
            passed.undone.get_or_insert_with(counting);
            if passed.earliest.as_ref().is_none_or(|(earliest, _)| *earliest != id) {
                passed.earliest = Some((id, counting()));
            }
        };
        let (origin, is_put_back) = passed.last.unwrap_or_default();
        let is_held = passed.last.is_some() && origin == counts.as_ref().map(|write| write.origin);
        Ok(Verdict { counts, is_held, is_put_back })
    }

    /// Returns up to which place nothing counts before a write of an undo, if that can be told.
    fn leap(
        &mut self,
        reader: &LogReader<'_, '_>,
        log: &mut RowLog,
        passed: &Passed,
        (undo, again): (&FoundWrite, Option<Precedence>),
    ) -> Result<Option<Precedence>> {
        let origin = undo.cell.puts_back.map(place_of);
        let until = origin.max(again).unwrap_or(FIRST);
        if until >= undo.place || !log.is_of_one_node(reader, undo, until)? {
            return Ok(None);
        }
        // Where no other node writes, the row's last write puts back what counted before.
        let is_known = passed.last.is_none() && reader.registry.nodes.len() == 1;
        Ok((is_known || !self.is_any_redone()?).then_some(until))
    }

    fn is_any_redone(&mut self) -> Result<bool> {
        match self.is_any_redone {
            Some(is_any) => Ok(is_any),
            None => Ok(*self.is_any_redone.insert(self.undoings.is_any_redone()?)),
        }
    }

    /// Returns whether a transaction is undone.
    fn is_undone(&mut self, id: TransactionId) -> Result<bool> {
        if let Some(is_undone) = self.known.get(&id) {
            return Ok(*is_undone);
        }
        let is_undone = self.undoings.is_undone(id)?;
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(id, is_undone);
        Ok(is_undone)
    }
}

impl Passed {
    /// Passes over a write of an undo.
    fn undo(&mut self, found: FoundWrite) {
        let origin = found.cell.puts_back;
        self.last.get_or_insert((origin, true));
        // No version of ara names a later write, but a peer can.
        let earlier = origin.filter(|origin| place_of(*origin) < place_of(found.origin()));
        if let Some(origin) = earlier {
            let place = place_of(origin);
            let copy = CountingWrite { place, origin, write: found.cell.write };
            self.put_back.entry(place).or_insert(copy);
        }
    }

    /// Returns what counts if nothing more is to be found: what was dropped by a compaction, as the only copy of
    /// it is in what put it back, or because what is passed over covered it; or what the row was created with.
    fn rest(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        column: u32,
    ) -> Result<Option<CountingWrite>> {
        if let Some((_, copy)) = self.put_back.pop_last() {
            return Ok(Some(copy));
        }
        if column != 0
            && let Some((id, write)) = self.earliest.take()
            && log.creation(reader)? == Some(id)
        {
            return Ok(Some(write));
        }
        Ok(self.undone.take().filter(|_| self.is_compacted))
    }
}
