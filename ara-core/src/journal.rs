//! Writing the change log.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use uuid::Uuid;

use crate::change::{Change, PackedCells};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::statements::bind;

/// The clock and the digest of the node that writes: what the next change of the log builds on.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    /// The node's ordinal in this file.
    pub(crate) node: u64,
    /// The node's id, which all devices know it by.
    pub(crate) node_id: [u8; 16],
    /// The latest time of any change that is known.
    last: Time,
    /// The XOR of the hashes of the node's changes.
    digest: u64,
}

impl Journal {
    /// Reads where the log stands.
    ///
    /// The last change of the writing node holds its time and digest; `ara_node` holds those of the
    /// others. To keep the writing node's there as well would cost each transaction a page more.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let (node, node_id): (i64, [u8; 16]) = connection
            .prepare_cached(
                "SELECT ordinal, id FROM ara_node \
                 WHERE ordinal = (SELECT value FROM ara_meta WHERE key = 'node')",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or(Error::Corrupt)?;
        let known: i64 = connection
            .prepare_cached("SELECT max(last) FROM ara_node")?
            .query_row([], |row| row.get(0))?;
        let own = connection
            .prepare_cached(
                "SELECT time, cells FROM ara_change WHERE node = ?1 ORDER BY time DESC LIMIT 1",
            )?
            .query_row([node], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        let (own, digest) = match own {
            None => (0, 0),
            Some((time, cells)) => {
                let digest = PackedCells::open(&cells).and_then(|cells| cells.digest);
                (time, digest.ok_or(Error::Corrupt)?)
            }
        };
        Ok(Self {
            node: node.cast_unsigned(),
            node_id,
            last: Time::from_bits(known.max(own)),
            digest,
        })
    }

    /// The node's ordinal, the latest time it knows of, and its digest, as `ara_node` keeps them.
    pub(crate) fn position(&self) -> (i64, i64, i64) {
        (self.node.cast_signed(), self.last.bits(), self.digest.cast_signed())
    }
}

/// Writes the changes of one transaction into the log. The last one waits until it is known whether
/// it ends the transaction.
pub(crate) struct Recorder<'c> {
    connection: &'c Connection,
    /// The statement that inserts a change, once there is one.
    insert: Option<CachedStatement<'c>>,
    journal: Journal,
    wall: i64,
    waiting: Option<Change>,
    /// A change that was made could not be written into the log: nothing may be committed.
    broken: bool,
}

impl<'c> Recorder<'c> {
    /// Goes on from `journal`, at `wall` milliseconds.
    pub(crate) fn new(connection: &'c Connection, journal: Journal, wall: i64) -> Self {
        Self { connection, insert: None, journal, wall, waiting: None, broken: false }
    }

    /// The time of the next change. A time whose change then fails is left out of the log.
    pub(crate) fn tick(&mut self) -> Time {
        self.journal.last = self.journal.last.next(self.wall);
        self.journal.last
    }

    /// The node's ordinal in this file.
    pub(crate) fn node(&self) -> u64 {
        self.journal.node
    }

    /// Starts a change of a row.
    pub(crate) fn change(&self, time: Time, table: (i64, &str), row: Uuid) -> Change {
        Change::new((time, &self.journal.node_id), table, row)
    }

    /// Records a change that was made.
    pub(crate) fn record(&mut self, change: Change) -> Result<()> {
        self.journal.digest ^= change.hash();
        match self.waiting.replace(change) {
            Some(earlier) => self.write(&earlier),
            None => Ok(()),
        }
    }

    /// Marks the end of the transaction. Gives the journal as it stands once it is committed.
    pub(crate) fn finish(&mut self) -> Result<Journal> {
        if let Some(mut last) = self.waiting.take() {
            last.end_transaction(self.journal.digest);
            self.write(&last)?;
        }
        if self.broken {
            return Err(Error::Broken);
        }
        Ok(self.journal.clone())
    }

    fn write(&mut self, change: &Change) -> Result<()> {
        let written = self.insert(change);
        self.broken |= written.is_err();
        written?;
        Ok(())
    }

    fn insert(&mut self, change: &Change) -> rusqlite::Result<usize> {
        let insert = match &mut self.insert {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare_cached(
                "INSERT INTO ara_change (node, time, tbl, row, cells) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?),
        };
        bind(insert, 1, ValueRef::Integer(self.journal.node.cast_signed()))?;
        bind(insert, 2, ValueRef::Integer(change.time.bits()))?;
        bind(insert, 3, ValueRef::Integer(change.table))?;
        bind(insert, 4, ValueRef::Blob(change.row.as_bytes()))?;
        bind(insert, 5, ValueRef::Blob(change.packed()))?;
        insert.raw_execute()
    }
}
