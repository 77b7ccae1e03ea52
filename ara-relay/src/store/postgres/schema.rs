//! The tables, and how they come to be.
//!
//! Whoever starts first makes them, and adds what a newer version needs; others that start at the same time wait for the
//! row with the version. Versions only add, so that processes of the version before go on while others are replaced.
//!
//! Each table's key begins with the id of a space, or of a mailbox, which is found without knowing its space. So a
//! database that spreads over machines has each space on one of them, and all are used alike.

use std::time::{Duration, Instant};

use crate::store::error::{Result, StoreError};
use crate::store::postgres::fault::{Fault, Kind};
use crate::store::postgres::session::{Session, values};
use crate::store::postgres::{BEGIN_READING, Connections};

/// The version of the tables that this relay knows.
const VERSION: i32 = 2;

/// The version of which a relay must be to use the tables of this one.
const LEAST: i32 = 1;

/// What is done to get from each version to the next one. Each can be done again.
const STEPS: &[&str] = &["
    CREATE TABLE IF NOT EXISTS ara_secret (id integer PRIMARY KEY, key bytea NOT NULL);

    CREATE TABLE IF NOT EXISTS ara_space (
        id bytea PRIMARY KEY, number bigint NOT NULL, chain bytea NOT NULL, records bigint NOT NULL,
        records_size bigint NOT NULL, access bytea NOT NULL, recovery bytea, slots bigint NOT NULL,
        used bigint NOT NULL, last_use bigint NOT NULL, is_deleted boolean NOT NULL);
    CREATE INDEX IF NOT EXISTS ara_space_recovery ON ara_space (recovery) WHERE recovery IS NOT NULL;
    CREATE TABLE IF NOT EXISTS ara_tombstone (
        space bytea PRIMARY KEY, audience text NOT NULL, request bytea NOT NULL);
    CREATE TABLE IF NOT EXISTS ara_remains (space bytea PRIMARY KEY);

    CREATE TABLE IF NOT EXISTS ara_record (
        space bytea NOT NULL, number bigint NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL,
        PRIMARY KEY (space, number), UNIQUE (space, hash));

    CREATE TABLE IF NOT EXISTS ara_segment (
        space bytea NOT NULL, number bigint NOT NULL, id bytea NOT NULL, chain bytea NOT NULL,
        node bytea NOT NULL, alias bytea, before bigint, replaced_to bigint NOT NULL, size bigint NOT NULL,
        parts integer NOT NULL, head bytea NOT NULL, part bytea,
        PRIMARY KEY (space, number), UNIQUE (space, id));
    CREATE INDEX IF NOT EXISTS ara_segment_alias ON ara_segment (space, alias) WHERE alias IS NOT NULL;
    CREATE INDEX IF NOT EXISTS ara_segment_before ON ara_segment (space, before) WHERE before IS NOT NULL;
    CREATE TABLE IF NOT EXISTS ara_stub (
        space bytea NOT NULL, number bigint NOT NULL, id bytea NOT NULL, chain bytea NOT NULL,
        PRIMARY KEY (space, number), UNIQUE (space, id));
    CREATE TABLE IF NOT EXISTS ara_node (
        space bytea NOT NULL, node bytea NOT NULL, last bigint NOT NULL, PRIMARY KEY (space, node));

    CREATE TABLE IF NOT EXISTS ara_part (
        space bytea NOT NULL, segment bigint NOT NULL, number integer NOT NULL, hash bytea NOT NULL,
        size bigint NOT NULL, expires bigint, bytes bytea NOT NULL,
        PRIMARY KEY (space, segment, number, hash));
    CREATE INDEX IF NOT EXISTS ara_part_expires ON ara_part (expires) WHERE expires IS NOT NULL;

    CREATE TABLE IF NOT EXISTS ara_slot (
        space bytea NOT NULL, author bytea NOT NULL, count bigint NOT NULL, number bigint NOT NULL,
        size bigint NOT NULL, hash bytea NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (space, author));
    CREATE TABLE IF NOT EXISTS ara_unheard (
        space bytea NOT NULL, member bytea NOT NULL, PRIMARY KEY (space, member));
    CREATE INDEX IF NOT EXISTS ara_slot_count ON ara_slot (space, count);

    CREATE TABLE IF NOT EXISTS ara_mailbox (
        id bytea PRIMARY KEY, space bytea NOT NULL, signer bytea NOT NULL, expires bigint NOT NULL);
    CREATE INDEX IF NOT EXISTS ara_mailbox_space ON ara_mailbox (space, expires);
    CREATE INDEX IF NOT EXISTS ara_mailbox_expires ON ara_mailbox (expires);
    CREATE TABLE IF NOT EXISTS ara_box (
        mailbox bytea NOT NULL, number integer NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (mailbox, number));
", "
    ALTER TABLE ara_space ADD COLUMN IF NOT EXISTS decided bytea;
"];

/// The tables from which rows go.
pub(super) const TABLES: &[&str] = &[
    "ara_space",
    "ara_record",
    "ara_segment",
    "ara_stub",
    "ara_node",
    "ara_part",
    "ara_slot",
    "ara_mailbox",
    "ara_box",
];

/// Who makes the first table finds that another one does, in one of these ways.
const BEGUN: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS ara_schema (
        id integer PRIMARY KEY, version integer NOT NULL, least integer NOT NULL)",
    "INSERT INTO ara_schema VALUES (1, 0, 0) ON CONFLICT DO NOTHING",
];

/// How often it is tried to make the first table while others do the same, or to reach the database.
const TRIES: usize = 20;

/// How long it is tried to reach the database, if each time takes long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns whether a text has the name of a table.
pub(super) fn names_table(text: &str) -> bool {
    TABLES.iter().chain(&["ara_schema"]).any(|table| text.contains(table))
}

/// Makes the tables, or what they lack.
pub(super) fn prepare(connections: &Connections) -> Result<()> {
    try_often(connections, step)
}

/// Checks that the tables are there and lack nothing, and changes nothing.
pub(super) fn check(connections: &Connections) -> Result<()> {
    try_often(connections, |connections| {
        let mut session = connections.begin(BEGIN_READING)?;
        let checked = check_tables(&mut session).map_err(|error| of(&session, error));
        session.end();
        checked
    })
}

/// Does something once more if others do the same, or if the database is not ready yet, as after both have been started.
fn try_often(
    connections: &Connections,
    step: impl Fn(&Connections) -> std::result::Result<(), Fault>,
) -> Result<()> {
    let begun = Instant::now();
    let mut tries = 0;
    loop {
        let Err(fault) = step(connections) else { return Ok(()) };
        if fault.kind == Kind::Lasting || tries >= TRIES || begun.elapsed() >= PATIENCE {
            return Err(fault.error);
        }
        if fault.kind == Kind::Passing && tries == 0 {
            tracing::warn!("{}: trying again for some seconds", fault.error);
        }
        connections.back_off(tries);
        tries += 1;
    }
}

fn check_tables(session: &mut Session) -> Result<()> {
    if !are_there(session)? {
        return Err(StoreError::NoTables);
    }
    let row = session.row("SELECT version, least FROM ara_schema WHERE id = 1", &[])?;
    let Some(row) = row else { return Err(StoreError::NoTables) };
    let (version, least): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
    if version < 1 {
        // Whoever makes them has not got further.
        return Err(StoreError::NoTables);
    }
    match (version, least) {
        (_, least) if least > VERSION => Err(StoreError::Newer),
        (..VERSION, _) => Err(StoreError::Older),
        _ => Ok(()),
    }
}

fn are_there(session: &mut Session) -> Result<bool> {
    let row = session.row("SELECT to_regclass('ara_schema') IS NOT NULL", &[])?;
    row.map_or(Ok(false), |row| Ok(row.try_get(0)?))
}

fn step(connections: &Connections) -> std::result::Result<(), Fault> {
    let mut session = connections.begin("BEGIN")?;
    if !are_there(&mut session).map_err(|error| of(&session, error))? {
        BEGUN.iter().for_each(|sql| session.control(sql));
        match session.flush() {
            Ok(()) => {}
            // Another one makes it now: whatever is told of that, it is there when this is tried again.
            Err(fault) => {
                session.end();
                return Err(Fault { kind: Kind::Race, ..fault });
            }
        }
    }
    let version = upgrade(&mut session).map_err(|error| of(&session, error));
    if let Err(fault) = version {
        session.end();
        return Err(fault);
    }
    session.control("COMMIT");
    session.flush()
}

fn upgrade(session: &mut Session) -> Result<()> {
    let sql = "SELECT version, least FROM ara_schema WHERE id = 1 FOR UPDATE";
    let row = session.row(sql, &[])?.ok_or(StoreError::NotAStore)?;
    let (version, least): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
    if least > VERSION {
        return Err(StoreError::Newer);
    }
    let done = usize::try_from(version).map_err(|_| StoreError::NotAStore)?;
    for step in STEPS.iter().skip(done) {
        session.control(step);
    }
    if version < VERSION {
        let sql = "UPDATE ara_schema SET version = $1, least = $2 WHERE id = 1";
        session.flush().map_err(|fault| fault.error)?;
        session.send(sql, values![VERSION, LEAST])?;
    }
    Ok(())
}

fn of(session: &Session, error: StoreError) -> Fault {
    session.fault().cloned().unwrap_or_else(|| Fault::lasting(error))
}
