//! Writes what this device changes into the log.

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::{Change, End, Room};
use crate::log::clock::{Clock, Stamp};
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_log::{LogEnd, NodeLog};
use crate::log::nodes;
use crate::log::piece::head::Head;
use crate::log::place::ChangeNumber;
use crate::log::transaction_id::TransactionId;
use crate::value::Timestamp;

/// Writes the changes of one transaction into the log.
///
/// They are packed, and written into the file once they fill a chunk, or the transaction ends. The last change
/// always waits until it is known whether it ends the transaction, which its hash covers.
pub(crate) struct Recorder<'c> {
    connection: &'c Connection,
    node: NodeOrdinal,
    node_id: NodeId,
    clock: Clock,
    /// The date of the transaction, in milliseconds since 1970.
    date: i64,
    /// Random bits for the changes of the transaction.
    salt: u32,
    log: NodeLog,
    last: Last,
    /// What the change before the last one leaves to the next one.
    room: Room,
    /// The XOR of the hashes of all changes before the last one, if there are any.
    others: Option<u64>,
    /// The numbers of the first and the last change that were recorded.
    logged: Option<(ChangeNumber, ChangeNumber)>,
    /// How many changes were recorded.
    changes: u64,
    /// Whether rows of local tables were written.
    has_local: bool,
    /// Whether a change that was made could not be written into the log, so that nothing may be committed.
    broken: bool,
}

/// The last change of a transaction that may end with it.
#[derive(Clone)]
enum Last {
    /// There is none, or it does not matter any more.
    None,
    /// It waits.
    Waits(Change),
    /// It is in the file already, as one after which the transaction goes on.
    Written(Change),
}

/// The state of a [`Recorder`] at a savepoint.
pub(crate) struct Mark {
    clock: Clock,
    log: NodeLog,
    last: Last,
    others: Option<u64>,
    logged: Option<(ChangeNumber, ChangeNumber)>,
    changes: u64,
    broken: bool,
}

/// The change log with every change that was recorded so far.
///
/// A [`Recorder`] holds changes back, so that it can write several at once. What rebuilds rows from
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

impl<'c> Recorder<'c> {
    /// Continues from `journal`, at `wall` milliseconds by the wall clock. The salt is random.
    pub(crate) fn new(
        connection: &'c Connection,
        journal: Journal,
        (wall, salt): (i64, u32),
    ) -> Self {
        let Journal { node, node_id, end, clock } = journal;
        let clock = Clock::new(wall, clock);
        let (date, log) = (clock.date(), NodeLog::new(end));
        let (last, others, logged) = (Last::None, None, None);
        Self {
            connection,
            node,
            node_id,
            clock,
            date,
            salt,
            log,
            last,
            room: Room::default(),
            others,
            logged,
            changes: 0,
            has_local: false,
            broken: false,
        }
    }

    /// Returns the stamp of the next change, if it is of a new row. [`change`](Self::change) takes it.
    pub(crate) fn next_stamp(&self) -> Stamp {
        self.clock.next()
    }

    /// Returns the stamp of the next change, if it is of a row whose last change has the stamp `row`. Returns
    /// `None` if no later stamp can be.
    pub(crate) fn stamp_after(&self, row: Stamp) -> Option<Stamp> {
        self.clock.after(row)
    }

    /// Returns the date of the transaction: the wall time that is shown for its changes, in milliseconds since
    /// 1970.
    pub(crate) fn date(&self) -> i64 {
        self.date
    }

    /// Moves the clock on to a stamp that was used or seen.
    pub(crate) fn meet(&mut self, stamp: Stamp) {
        self.clock.follow(stamp);
    }

    /// Notes that a row of a local table was written, which is not recorded.
    pub(crate) fn note_local(&mut self) {
        self.has_local = true;
    }

    /// Returns whether rows of local tables were written, and no change was recorded.
    pub(crate) fn has_written_local_rows_alone(&self) -> bool {
        self.has_local && self.logged.is_none()
    }

    /// Notes in the file how far what was seen has moved the clock on.
    pub(crate) fn save_clock(&self) -> Result<()> {
        meta::set(self.connection, meta::CLOCK, self.clock.last())
    }

    /// Returns the journal. It is that of the file only as long as the transaction has recorded nothing.
    pub(crate) fn journal(&self) -> Journal {
        let Self { node, node_id, .. } = *self;
        Journal { node, node_id, end: *self.log.end(), clock: self.clock.last() }
    }

    /// Continues as a new node. `end` is where the changes of the node before it end.
    pub(crate) fn change_node(&mut self, end: &Head, entropy: &mut Entropy) -> Result<()> {
        nodes::retire(self.connection, self.node, end)?;
        self.node_id = nodes::new_id(self.connection, entropy)?;
        self.node = nodes::add_writer(self.connection, self.node_id)?;
        self.log = NodeLog::new(LogEnd::of_new(self.node));
        (self.last, self.others, self.logged) = (Last::None, None, None);
        Ok(())
    }

    /// Reads again where the log ends, as pieces of it were united or moved. Nothing may have been recorded yet.
    pub(crate) fn find_end(&mut self) -> Result<()> {
        self.log = NodeLog::new(LogEnd::load(self.connection, self.node)?);
        Ok(())
    }

    /// Returns the node's ordinal in this file.
    pub(crate) fn node(&self) -> NodeOrdinal {
        self.node
    }

    /// Returns the node's id, by which all devices know it.
    pub(crate) fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// Returns when the transaction began, by the wall clock.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.wall())
    }

    /// Returns the state of the recorder, for [`rewind`](Self::rewind).
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            clock: self.clock,
            log: self.log.clone(),
            last: self.last.clone(),
            others: self.others,
            logged: self.logged,
            changes: self.changes,
            broken: self.broken,
        }
    }

    /// Goes back to a mark. The caller must also roll SQLite back to where it was then.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        Mark {
            clock: self.clock,
            log: self.log,
            last: self.last,
            others: self.others,
            logged: self.logged,
            changes: self.changes,
            broken: self.broken,
        } = mark;
    }

    /// Returns the numbers of the first and the last change that were recorded.
    pub(crate) fn logged(&self) -> Option<(ChangeNumber, ChangeNumber)> {
        self.logged
    }

    /// Returns the id of the transaction if it ended now, or `None` if nothing was recorded.
    pub(crate) fn transaction_id(&mut self) -> Option<TransactionId> {
        let (date, others) = (self.date, self.others);
        let (Last::Waits(last) | Last::Written(last)) = &mut self.last else { return None };
        let hash = last.hash(Some(End::of(date, last.stamp, others)));
        Some(TransactionId { node: self.node_id.uuid(), number: last.number, hash })
    }

    /// Returns how many changes were recorded.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns a new change of a row, without cells, and moves the clock on to its stamp.
    pub(crate) fn change(&mut self, stamp: Stamp, table: (i64, &str), row: Uuid) -> Change {
        self.clock.follow(stamp);
        let before = self.logged.map_or(self.log.end().point().number, |(_, last)| last);
        let room = std::mem::take(&mut self.room);
        Change::new(room, (self.node_id, self.salt), (before.next(), stamp), table, row)
    }

    /// Records a change that was made to a row.
    pub(crate) fn record(&mut self, change: Change) -> Result<()> {
        let number = change.number;
        self.logged = Some((self.logged.map_or(number, |(first, _)| first), number));
        self.changes += 1;
        match std::mem::replace(&mut self.last, Last::Waits(change)) {
            Last::Waits(mut before) => {
                self.append(&mut before, None)?;
                self.room = before.into_room();
                Ok(())
            }
            Last::Written(mut before) => {
                self.others = Some(self.others.unwrap_or_default() ^ before.hash(None));
                Ok(())
            }
            Last::None => Ok(()),
        }
    }

    /// Writes all changes that are held back, ends the transaction with the last one, and returns the journal
    /// as it is once the transaction is committed. Returns [`Error::Broken`] if a change could not be written
    /// before.
    pub(crate) fn finish(&mut self) -> Result<Journal> {
        match std::mem::replace(&mut self.last, Last::None) {
            Last::Waits(mut last) => {
                let end = End::of(self.date, last.stamp, self.others);
                self.append(&mut last, Some(end))?;
                self.flush()?;
            }
            Last::Written(mut last) => {
                let end = End::of(self.date, last.stamp, self.others);
                let hashes = last.hash(None) ^ last.hash(Some(end));
                let ended = self.log.end_transaction(self.connection, (self.node, end, hashes));
                self.broken |= ended.is_err();
                ended?;
            }
            Last::None => {}
        }
        if self.broken {
            return Err(Error::Broken);
        }
        Ok(self.journal())
    }

    /// Writes all changes that are held back, and returns the log.
    pub(crate) fn whole_log(&mut self) -> Result<WholeLog<'_>> {
        if let Last::Waits(mut last) = std::mem::replace(&mut self.last, Last::None) {
            let others = self.others;
            self.append(&mut last, None)?;
            self.flush()?;
            (self.last, self.others) = (Last::Written(last), others);
        }
        Ok(WholeLog(self.connection))
    }

    /// Returns the connection that the recorder writes with.
    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Notes that what was done to a row and what was recorded of it differ, so that nothing may be committed.
    pub(crate) fn break_off(&mut self) {
        self.broken = true;
    }

    /// Returns whether a change that was made could not be written into the log, so that nothing may be committed.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    fn append(&mut self, change: &mut Change, end: Option<End>) -> Result<()> {
        let hash = change.hash(end);
        if end.is_none() {
            self.others = Some(self.others.unwrap_or_default() ^ hash);
        }
        let written = self.log.append(self.connection, (&change.record(end), hash), self.date);
        self.broken |= written.is_err();
        written
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.log.flush(self.connection);
        self.broken |= written.is_err();
        written
    }
}
