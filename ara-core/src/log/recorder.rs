//! Writing the change log.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::Change;
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::nodes;
use crate::log::point::Point;
use crate::log::statements::bind;
use crate::log::transactions::rewrite;
use crate::value::Timestamp;

/// Writes the changes of one transaction into the log, several by one statement: it looks up once
/// where the log ends. The last one waits in any case until it is known to end the transaction.
pub(crate) struct Recorder<'c> {
    connection: &'c Connection,
    /// The statements that insert one change, and [`BATCH`], once there are any.
    inserts: [Option<CachedStatement<'c>>; 2],
    journal: Journal,
    wall: i64,
    waiting: Vec<Change>,
    /// The last change, where it is in the log already and may have to end the transaction.
    unended: Option<Change>,
    /// The times of the first and the last change that were recorded.
    logged: Option<(Time, Time)>,
    /// How many changes were recorded.
    changes: u64,
    /// A change that was made could not be written into the log: nothing may be committed.
    broken: bool,
}

/// Where a [`Recorder`] stood.
pub(crate) struct Mark {
    journal: Journal,
    waiting: Vec<Change>,
    unended: Option<Change>,
    logged: Option<(Time, Time)>,
    changes: u64,
    broken: bool,
}

/// The change log as the transaction that writes sees it, with every change in it that was recorded so far.
///
/// A [`Recorder`] keeps changes back, so that it can write several at once. Whoever makes a table again
/// from the log takes one of these, and so cannot miss them.
pub(crate) struct WholeLog<'a>(&'a Connection);

impl<'a> WholeLog<'a> {
    /// Returns the log as it was committed: a snapshot has no changes that wait.
    pub(crate) fn committed(snapshot: &'a rusqlite::Transaction<'_>) -> Self {
        Self(snapshot)
    }

    pub(crate) fn connection(&self) -> &'a Connection {
        self.0
    }
}

/// How many changes are inserted at once.
const BATCH: usize = 16;

/// The most bytes that wait to be inserted.
const MOST_WAITING: usize = 1 << 16;

impl<'c> Recorder<'c> {
    /// Goes on from `journal`, at `wall` milliseconds.
    pub(crate) fn new(connection: &'c Connection, journal: Journal, wall: i64) -> Self {
        let inserts = [None, None];
        let (waiting, unended, logged) = (Vec::new(), None, None);
        Self {
            connection,
            inserts,
            journal,
            wall,
            waiting,
            unended,
            logged,
            changes: 0,
            broken: false,
        }
    }

    /// The time of the next change, if it is made.
    pub(crate) fn next_time(&self) -> Time {
        self.journal.last.next(self.wall)
    }

    /// Moves the clock to the time of a change that was made.
    pub(crate) fn advance(&mut self, time: Time) {
        self.journal.last = time;
    }

    /// Moves the clock on to a change of another node that was folded in.
    pub(crate) fn meet(&mut self, time: Time) {
        self.journal.last = self.journal.last.max(time);
        self.journal.others = self.journal.others.max(time);
    }

    /// Takes the clock back, where changes of others that moved it do not count any more.
    pub(crate) fn go_back(&mut self) -> Result<()> {
        self.journal.others = nodes::latest_of_others(self.connection)?;
        self.journal.last = self.journal.others.max(self.journal.own.time);
        Ok(())
    }

    /// The latest time of any change of others that is folded in.
    pub(crate) fn others(&self) -> Time {
        self.journal.others
    }

    /// When the first change can be folded in that waits for its time, in milliseconds.
    pub(crate) fn due(&self) -> Option<i64> {
        self.journal.due
    }

    pub(crate) fn wait_for(&mut self, due: Option<i64>) {
        self.journal.due = due;
    }

    /// The journal as it stands, of a transaction that has written nothing itself yet.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Goes on under a new node, whose changes come after a time. The one before ended at a point.
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

    /// The node's ordinal in this file.
    pub(crate) fn node(&self) -> NodeOrdinal {
        self.journal.node
    }

    /// The node's id, which all devices know it by.
    pub(crate) fn node_id(&self) -> NodeId {
        self.journal.node_id
    }

    /// When the transaction began, by the wall clock.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.wall)
    }

    /// Where the recorder stands, to go back to.
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

    /// Goes back to a mark. What was written into the log since must be rolled back by SQLite.
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

    /// The times of the first and the last change that were recorded.
    pub(crate) fn logged(&self) -> Option<(Time, Time)> {
        self.logged
    }

    /// Returns how many changes were recorded.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Starts a change of a row.
    pub(crate) fn change(&self, time: Time, table: (i64, &str), row: Uuid) -> Change {
        Change::new(Stamp { time, node: self.journal.node_id }, table, row)
    }

    /// Records a change that was made.
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

    /// Marks the end of the transaction. Gives the journal as it stands once it is committed.
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

    /// Returns the log with all in it that was recorded so far.
    pub(crate) fn whole_log(&mut self) -> Result<WholeLog<'_>> {
        if let Some(last) = self.waiting.last() {
            let last = last.clone();
            self.write()?;
            self.unended = Some(last);
        }
        Ok(WholeLog(self.connection))
    }

    /// The connection that it writes with.
    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Writes the changes that wait.
    fn write(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let written = match waiting.len() {
            BATCH => self.insert(&waiting),
            _ => waiting.chunks(1).try_for_each(|change| self.insert(change)),
        };
        self.broken |= written.is_err();
        Ok(written?)
    }

    fn insert(&mut self, changes: &[Change]) -> rusqlite::Result<()> {
        let [one, batch] = &mut self.inserts;
        let insert = match if changes.len() == 1 { one } else { batch } {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare_cached(&insert_sql(changes.len()))?),
        };
        for (change, first) in changes.iter().zip((1..).step_by(COLUMNS)) {
            bind(insert, first, ValueRef::Integer(self.journal.node.get()))?;
            bind(insert, first + 1, ValueRef::Integer(change.time.bits()))?;
            bind(insert, first + 2, ValueRef::Integer(change.table))?;
            bind(insert, first + 3, ValueRef::Blob(change.row.as_bytes()))?;
            bind(insert, first + 4, ValueRef::Blob(change.packed()))?;
        }
        insert.raw_execute().map(drop)
    }
}

/// The columns of `ara_change`.
const COLUMNS: usize = 5;

fn insert_sql(changes: usize) -> String {
    let rows = vec!["(?, ?, ?, ?, ?)"; changes].join(", ");
    format!("INSERT INTO ara_change (node, time, tbl, row, cells) VALUES {rows}")
}
