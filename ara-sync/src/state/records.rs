//! The access log, as the file keeps it.

use std::collections::HashSet;

use ara_core::{Error, Result};
use ara_protocol::access::{Members, Record};
use ara_protocol::{RecordHash, SpaceId};
use rusqlite::Connection;

use crate::state::facts;

const PREFIX: &str = "access/";

/// The access log, of which each record was verified.
#[derive(Debug, Clone)]
pub(crate) struct AccessLog {
    /// Who is a member.
    pub(crate) members: Members,
    /// The records in their order.
    records: Vec<Vec<u8>>,
    hashes: HashSet<RecordHash>,
}

impl AccessLog {
    /// Begins with a genesis.
    pub(crate) fn found(genesis: &Record) -> ara_protocol::Result<Self> {
        Ok(Self {
            members: Members::found(genesis)?,
            records: vec![genesis.as_bytes().to_vec()],
            hashes: HashSet::from([genesis.hash()]),
        })
    }

    /// Takes the next record, if the rules allow it.
    pub(crate) fn apply(&mut self, record: &Record) -> ara_protocol::Result<()> {
        self.members.apply(record)?;
        self.records.push(record.as_bytes().to_vec());
        self.hashes.insert(record.hash());
        Ok(())
    }

    /// Reads a whole log from its records.
    pub(crate) fn read(records: &[Vec<u8>]) -> ara_protocol::Result<Option<Self>> {
        let Some((genesis, rest)) = records.split_first() else { return Ok(None) };
        let mut log = Self::found(&Record::read(genesis)?)?;
        for record in rest {
            log.apply(&Record::read(record)?)?;
        }
        Ok(Some(log))
    }

    /// Returns the records.
    pub(crate) fn records(&self) -> &[Vec<u8>] {
        &self.records
    }

    /// Returns whether a record is in the log.
    pub(crate) fn has(&self, record: RecordHash) -> bool {
        self.hashes.contains(&record)
    }

    /// Reads the log of a file, or returns `None` if the file is in no space.
    pub(crate) fn load(connection: &Connection) -> Result<Option<Self>> {
        let records = facts::under(connection, PREFIX)?;
        let records: Vec<_> = records.into_iter().map(|(_, record)| record).collect();
        let log = Self::read(&records).map_err(|_| Error::Corrupt)?;
        let space = facts::get(connection, facts::SPACE)?.and_then(|space| space.try_into().ok());
        match (log, space.map(SpaceId::from_bytes)) {
            (Some(log), Some(space)) if log.members.space() == space => Ok(Some(log)),
            (None, None) => Ok(None),
            _ => Err(Error::Corrupt),
        }
    }

    /// Writes the records from one on.
    pub(crate) fn save(&self, connection: &Connection, from: usize) -> Result<()> {
        facts::put(connection, facts::SPACE, self.members.space().as_bytes())?;
        for (at, record) in self.records.iter().enumerate().skip(from) {
            facts::put(connection, &format!("{PREFIX}{at:08}"), record)?;
        }
        Ok(())
    }
}
