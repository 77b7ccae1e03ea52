//! Writes the change log.

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::Change;
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::nodes;
use crate::log::point::Point;
use crate::log::writing::{BATCH, LogWriter, NewChange, rewrite};
use crate::value::Timestamp;

/// Writes the changes of one transaction into the log.
///
/// It inserts several changes by one statement, so that SQLite seeks the end of the log once for all of
/// them. The last change always waits until it is known whether it ends the transaction, and so must be
/// marked.
pub(crate) struct Recorder<'c> {
    connection: &'c Connection,
    log: LogWriter<'c>,
    journal: Journal,
    /// When the transaction began by the wall clock, in milliseconds.
    wall: i64,
    /// The changes that are not inserted yet.
    waiting: Vec<Change>,
    /// The last change, if it is in the log already and is to be marked if the transaction ends with it.
    unended: Option<Change>,
    /// The times of the first and the last change that were recorded.
    logged: Option<(Time, Time)>,
    /// How many changes were recorded.
    changes: u64,
    /// Whether a change that was made could not be written into the log, so that nothing may be committed.
    broken: bool,
}

/// The state of a [`Recorder`] at a savepoint.
pub(crate) struct Mark {
    journal: Journal,
    waiting: Vec<Change>,
    unended: Option<Change>,
    logged: Option<(Time, Time)>,
    changes: u64,
    broken: bool,
}

/// The change log with every change that was recorded so far.
///
/// A [`Recorder`] holds changes back, so that it can insert several at once. What rebuilds rows from
/// the log takes a `WholeLog`, and so cannot miss them.
pub(crate) struct WholeLog<'a>(&'a Connection);

impl<'a> WholeLog<'a> {
    /// Returns the log of a snapshot, where no changes are held back.
    pub(crate) fn committed(snapshot: &'a rusqlite::Transaction<'_>) -> Self {
        Self(snapshot)
    }

    /// Returns the connection to read the log with.
    pub(crate) fn connection(&self) -> &'a Connection {
        self.0
    }
}

/// The most bytes that wait to be inserted.
const MOST_WAITING: usize = 1 << 16;

impl<'c> Recorder<'c> {
    /// Continues from `journal`, at `wall` milliseconds by the wall clock.
    pub(crate) fn new(connection: &'c Connection, journal: Journal, wall: i64) -> Self {
        let (waiting, unended, logged) = (Vec::new(), None, None);
        Self {
            connection,
            log: LogWriter::new(connection),
            journal,
            wall,
            waiting,
            unended,
            logged,
            changes: 0,
            broken: false,
        }
    }

    /// Returns the time that the next change will have. [`advance`](Self::advance) takes it.
    pub(crate) fn next_time(&self) -> Time {
        self.journal.last.next(self.wall)
    }

    /// Moves the clock to the time of a change that was made.
    pub(crate) fn advance(&mut self, time: Time) {
        self.journal.last = time;
    }

    /// Moves the clock forward to the time of a change of another node that was folded in.
    pub(crate) fn meet(&mut self, time: Time) {
        self.journal.last = self.journal.last.max(time);
        self.journal.others = self.journal.others.max(time);
    }

    /// Moves the clock back after changes of other nodes that had moved it were declared void.
    pub(crate) fn go_back(&mut self) -> Result<()> {
        self.journal.others = nodes::latest_of_others(self.connection)?;
        self.journal.last = self.journal.others.max(self.journal.own.time);
        Ok(())
    }

    /// Returns the latest time of any change of another node that is folded in.
    pub(crate) fn others(&self) -> Time {
        self.journal.others
    }

    /// Returns when the first of the waiting changes can be folded in, in milliseconds.
    pub(crate) fn due(&self) -> Option<i64> {
        self.journal.due
    }

    /// Sets when the first of the waiting changes can be folded in, in milliseconds.
    pub(crate) fn wait_for(&mut self, due: Option<i64>) {
        self.journal.due = due;
    }

    /// Returns the journal. It is that of the file only as long as the transaction has recorded nothing.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Continues as a new node, whose changes come after `last`. `end` is the point at which the changes of
    /// the node before it end.
    pub(crate) fn change_node(
        &mut self,
        end: Point,
        last: Time,
        entropy: &mut Entropy,
    ) -> Result<()> {
        let Journal { node, others, due, .. } = self.journal;
        nodes::retire(self.connection, node, end)?;
        let node_id = entropy.node_id()?;
        let node = nodes::add_writer(self.connection, node_id)?;
        self.journal = Journal::begin((node, node_id), (last, others), due);
        Ok(())
    }

    /// Returns the node's ordinal in this file.
    pub(crate) fn node(&self) -> NodeOrdinal {
        self.journal.node
    }

    /// Returns the node's id, by which all devices know it.
    pub(crate) fn node_id(&self) -> NodeId {
        self.journal.node_id
    }

    /// Returns when the transaction began, by the wall clock.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.wall)
    }

    /// Returns the state of the recorder, for [`rewind`](Self::rewind).
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            journal: self.journal.clone(),
            waiting: self.waiting.clone(),
            unended: self.unended.clone(),
            logged: self.logged,
            changes: self.changes,
            broken: self.broken,
        }
    }

    /// Goes back to a mark. The caller must also roll SQLite back to where it was then.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        Mark {
            journal: self.journal,
            waiting: self.waiting,
            unended: self.unended,
            logged: self.logged,
            changes: self.changes,
            broken: self.broken,
        } = mark;
    }

    /// Returns the times of the first and the last change that were recorded.
    pub(crate) fn logged(&self) -> Option<(Time, Time)> {
        self.logged
    }

    /// Returns how many changes were recorded.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns a new change of a row, without cells.
    pub(crate) fn change(&self, time: Time, table: (i64, &str), row: Uuid) -> Change {
        Change::new(Stamp { time, node: self.journal.node_id }, table, row)
    }

    /// Records a change that was made to a row.
    pub(crate) fn record(&mut self, change: Change) -> Result<()> {
        self.journal.own.digest ^= change.hash();
        self.journal.own.time = change.time;
        self.logged = Some((self.logged.map_or(change.time, |(first, _)| first), change.time));
        let is_full = self.waiting.len() == BATCH
            || self.waiting.iter().map(|change| change.packed().len()).sum::<usize>()
                > MOST_WAITING;
        let written = if is_full { self.write() } else { Ok(()) };
        self.waiting.push(change);
        self.changes += 1;
        self.unended = None;
        written
    }

    /// Inserts all changes that are held back, marks the last one as the end of the transaction, and
    /// returns the journal as it is once the transaction is committed. Returns [`Error::Broken`] if a
    /// change could not be inserted before.
    pub(crate) fn finish(&mut self) -> Result<Journal> {
        if let Some(last) = self.waiting.last_mut() {
            last.end_transaction(self.journal.own.digest);
            self.write()?;
        } else if let Some(mut last) = self.unended.take() {
            last.end_transaction(self.journal.own.digest);
            let place = (self.journal.node, last.time);
            let written = rewrite(self.connection, place, last.packed());
            self.broken |= written.is_err();
            written?;
        }
        if self.broken {
            return Err(Error::Broken);
        }
        Ok(self.journal.clone())
    }

    /// Inserts all changes that are held back, and returns the log.
    pub(crate) fn whole_log(&mut self) -> Result<WholeLog<'_>> {
        if let Some(last) = self.waiting.last() {
            let last = last.clone();
            self.write()?;
            self.unended = Some(last);
        }
        Ok(WholeLog(self.connection))
    }

    /// Returns the connection that the recorder writes with.
    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Inserts the changes that are held back.
    fn write(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let node = self.journal.node;
        let written = self.log.insert_all(waiting.iter().map(|change| NewChange {
            node,
            time: change.time,
            table: change.table,
            row: change.row.as_bytes(),
            packed: change.packed(),
        }));
        self.broken |= written.is_err();
        written
    }
}
