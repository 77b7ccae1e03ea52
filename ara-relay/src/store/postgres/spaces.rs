//! Spaces and their access logs.

use ara_protocol::keys::MemberKey;
use ara_protocol::request::hash_body;
use ara_protocol::{Cursor, MailboxId, RecordHash, SpaceId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::session::{Session, values};
use crate::store::postgres::{Held, Postgres, array, array_of, get, number, stored};
use crate::store::{
    Listing, Mark, Questions, Space, SpaceKey, SpaceSize, Spaces, Tombstone, Topic, decided, kept,
};

const SPACE: &str = "a space";

/// What is read of a space.
macro_rules! spaces {
    ($condition:literal) => {
        concat!(
            "SELECT number, records, records_size, slots, used, last_use, id, chain, access, recovery, ",
            "is_deleted, decided FROM ara_space",
            $condition
        )
    };
}

const SPACES: &str = spaces!("");
const FIND: &str = spaces!(" WHERE id = $1");
const FIND_AND_LOCK: &str = spaces!(" WHERE id = $1 FOR UPDATE");

/// Returns what finds a space, and locks it in a job that writes.
pub(super) const fn find(is_locked: bool) -> &'static str {
    if is_locked { FIND_AND_LOCK } else { FIND }
}

/// How many records are read at once. Their sizes are known only then.
const RECORDS_AT_ONCE: i64 = 64;

/// What drops some rows of a space: some 16 MB at once.
const DROP_SOME: &[&str] = &[
    "DELETE FROM ara_part WHERE space = $1 AND (segment, number, hash) IN (
         SELECT segment, number, hash FROM ara_part WHERE space = $1 LIMIT 16)",
    "DELETE FROM ara_segment WHERE space = $1 AND number IN (
         SELECT number FROM ara_segment WHERE space = $1 LIMIT 16)",
    "DELETE FROM ara_slot WHERE space = $1",
    "DELETE FROM ara_stub WHERE space = $1 AND number IN (
         SELECT number FROM ara_stub WHERE space = $1 LIMIT 4096)",
    "DELETE FROM ara_node WHERE space = $1",
    "DELETE FROM ara_unheard WHERE space = $1",
    "DELETE FROM ara_box WHERE mailbox IN (SELECT id FROM ara_mailbox WHERE space = $1)",
    "DELETE FROM ara_mailbox WHERE space = $1",
];

/// What drops the rest of a space that has nothing else.
const DROP_LAST: &[&str] = &[
    "DELETE FROM ara_record WHERE space = $1",
    "DELETE FROM ara_tombstone WHERE space = $1",
    "DELETE FROM ara_remains WHERE space = $1",
    "DELETE FROM ara_space WHERE id = $1",
];

/// The tombstone of a space.
const TOMBSTONE: &str = "SELECT audience, request FROM ara_tombstone WHERE space = $1";

pub(super) fn read_tombstone(row: &Row) -> Result<Tombstone> {
    Ok(Tombstone { audience: get(row, 0)?, request: get(row, 1)? })
}

/// Returns the key of a space: its id.
pub(super) const fn key(id: SpaceId) -> SpaceKey {
    SpaceKey { id, row: 0 }
}

/// Reads a member's key.
pub(super) fn member(bytes: &[u8], what: &'static str) -> Result<MemberKey> {
    MemberKey::from_bytes(array_of(bytes, what)?).map_err(|_| StoreError::Damaged { what })
}

pub(super) fn read_space(row: &Row) -> Result<Space> {
    // One that is none is not that of the access log, which is told by who compares them.
    let recovery = get::<Option<&[u8]>>(row, 9)?.and_then(|key| member(key, SPACE).ok());
    let id = SpaceId::from_bytes(array(row, 6, SPACE)?);
    let (quota, state) = decided::read(id, get(row, 11)?);
    Ok(Space {
        key: key(id),
        end: Cursor { number: number(row, 0)?, chain: array(row, 7, SPACE)? },
        records: number(row, 1)?,
        records_size: number(row, 2)?,
        access: RecordHash::from_bytes(array(row, 8, SPACE)?),
        recovery,
        slots: number(row, 3)?,
        used: number(row, 4)?,
        last_use: number(row, 5)?,
        is_deleted: get(row, 10)?,
        quota,
        state,
    })
}

fn write_space(session: &mut Session, space: &Space) -> Result<()> {
    session.send(
        "UPDATE ara_space SET number = $2, chain = $3, records = $4, records_size = $5, access = $6,
         recovery = $7, slots = $8, used = $9, last_use = $10, is_deleted = $11,
         decided = $12 WHERE id = $1",
        values![
            space.key.id.as_bytes().to_vec(),
            stored(space.end.number),
            space.end.chain.to_vec(),
            stored(space.records),
            stored(space.records_size),
            space.access.as_bytes().to_vec(),
            space.recovery.as_ref().map(|key| key.as_bytes().to_vec()),
            stored(space.slots),
            stored(space.used),
            stored(space.last_use),
            space.is_deleted,
            decided::write(space.key.id, space.quota, space.state),
        ],
    )
}

impl Held {
    /// Writes the space if it was changed.
    pub(super) fn write_with(&mut self, session: &mut Session) -> Result<()> {
        match &self.space {
            Some(space) if std::mem::take(&mut self.is_changed) => write_space(session, space),
            _ => Ok(()),
        }
    }
}

impl Postgres<'_> {
    /// Has the database know what was changed of the space.
    pub(super) fn write_held(&mut self) -> Result<()> {
        self.held.as_mut().map_or(Ok(()), |held| held.write_with(self.session))
    }

    /// Drops some of what a space has besides its access records. Returns whether there was any.
    fn drop_rows(&mut self, space: &[u8]) -> Result<bool> {
        for statement in DROP_SOME {
            if self.session.change(statement, &[&space])? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns a space, if it is locked.
    pub(super) fn held_space(&self, id: SpaceId) -> Option<&Space> {
        let held = self.held.as_ref().and_then(|held| held.space.as_ref());
        let seen = self.seen.as_ref().or(held);
        seen.filter(|space| space.key.id == id)
    }

    /// Keeps a space that was read: in a job that writes, it is locked now.
    pub(super) fn hold(&mut self, space: &Space) -> Result<()> {
        self.write_held()?;
        match &mut self.held {
            Some(held) => held.space = Some(space.clone()),
            // A job that reads sees one state.
            None => self.seen = Some(space.clone()),
        }
        Ok(())
    }
}

impl Spaces for Postgres<'_> {
    fn secret(&mut self) -> Result<Option<[u8; 32]>> {
        let row = self.session.row("SELECT key FROM ara_secret", &[])?;
        row.map(|row| array(&row, 0, "the key of challenges")).transpose()
    }

    fn put_secret(&mut self, secret: &[u8; 32]) -> Result<()> {
        self.session.send("INSERT INTO ara_secret VALUES (1, $1)", values![secret.to_vec()])
    }

    fn count_spaces(&mut self) -> Result<u64> {
        self.write_held()?;
        let row = self.session.row("SELECT count(*) FROM ara_space WHERE NOT is_deleted", &[])?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn space_sizes(&mut self) -> Result<Vec<SpaceSize>> {
        self.write_held()?;
        let sql = "SELECT used, coalesce(segments, 0) FROM ara_space LEFT JOIN (
                SELECT space, count(*) AS segments FROM ara_segment GROUP BY space
            ) AS counts ON counts.space = ara_space.id WHERE NOT is_deleted";
        let read = |row: &Row| Ok(SpaceSize { bytes: number(row, 0)?, segments: number(row, 1)? });
        self.session.rows(sql, &[])?.iter().map(read).collect()
    }

    fn spaces(&mut self, listing: Listing, most: usize) -> Result<Vec<Space>> {
        self.write_held()?;
        let (order, after) = match listing {
            Listing::Size => ("used DESC, id", None),
            Listing::Age => ("last_use, id", None),
            Listing::After(after) => ("id", after),
        };
        let sql = format!("{SPACES} WHERE id > $1 ORDER BY {order} LIMIT $2");
        // All that are there come after the empty one.
        let after = after.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]);
        self.session.rows(&sql, &[&after, &stored(most)])?.iter().map(read_space).collect()
    }

    fn marks(&mut self, topics: &[Topic]) -> Result<Vec<(Topic, Mark)>> {
        self.write_held()?;
        let (mut spaces, mut mailboxes): (Vec<&[u8]>, Vec<&[u8]>) = (vec![], vec![]);
        for topic in topics {
            match topic {
                Topic::Space(id) => spaces.push(id.as_bytes()),
                Topic::Mailbox(id) => mailboxes.push(id.as_bytes()),
            }
        }
        let mut marks = vec![];
        if !spaces.is_empty() {
            let sql = "SELECT number, records, slots, is_deleted, id, decided FROM ara_space WHERE id = ANY($1)";
            for row in self.session.rows(sql, &[&spaces])? {
                let id = SpaceId::from_bytes(array(&row, 4, SPACE)?);
                let numbers = [number(&row, 0)?, number(&row, 1)?, number(&row, 2)?];
                let (_, state) = decided::read(id, get(&row, 5)?);
                marks.push((Topic::Space(id), kept::mark(numbers, get(&row, 3)?, state)));
            }
        }
        if !mailboxes.is_empty() {
            let sql =
                "SELECT count(*), mailbox FROM ara_box WHERE mailbox = ANY($1) GROUP BY mailbox";
            for row in self.session.rows(sql, &[&mailboxes])? {
                let topic = Topic::Mailbox(MailboxId::from_bytes(array(&row, 1, "a mailbox")?));
                marks.push((topic, [number(&row, 0)?, 0, 0, 0]));
            }
        }
        Ok(marks)
    }

    fn space(&mut self, id: SpaceId) -> Result<Option<Space>> {
        if let Some(space) = self.held_space(id) {
            return Ok(Some(space.clone()));
        }
        let sql = find(self.held.is_some());
        let Some(row) = self.session.row(sql, &[&&id.as_bytes()[..]])? else { return Ok(None) };
        let space = read_space(&row)?;
        self.hold(&space)?;
        Ok(Some(space))
    }

    fn expect(&mut self, space: SpaceId, questions: &Questions) -> Result<()> {
        self.ask_at_once(space, questions)
    }

    fn found(&mut self, id: SpaceId) -> Result<Space> {
        let (end, access) = (Cursor::start(id), RecordHash::from_bytes([0; 32]));
        self.session.change(
            "INSERT INTO ara_space VALUES ($1, 0, $2, 0, 0, $3, NULL, 0, 0, 0, false)",
            &[&&id.as_bytes()[..], &&end.chain[..], &&access.as_bytes()[..]],
        )?;
        let space = Space::new(key(id));
        self.hold(&space)?;
        Ok(space)
    }

    fn put_space(&mut self, space: &Space) -> Result<()> {
        match &mut self.held {
            Some(held) if held.space.as_ref().is_some_and(|held| held.key == space.key) => {
                held.space = Some(space.clone());
                held.is_changed = true;
                Ok(())
            }
            _ => write_space(self.session, space),
        }
    }

    fn recovered_by(&mut self, recovery: MemberKey, most: usize) -> Result<Vec<SpaceId>> {
        self.write_held()?;
        let sql =
            "SELECT id FROM ara_space WHERE recovery = $1 ORDER BY last_use DESC, id LIMIT $2";
        let rows = self.session.rows(sql, &[&&recovery.as_bytes()[..], &stored(most)])?;
        rows.iter().map(|row| Ok(SpaceId::from_bytes(array(row, 0, SPACE)?))).collect()
    }

    fn record_number(&mut self, space: SpaceKey, hash: RecordHash) -> Result<Option<u64>> {
        if let Some(expected) = self.expected.record_number(hash) {
            return Ok(Some(expected));
        }
        let sql = "SELECT number FROM ara_record WHERE space = $1 AND hash = $2";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], &&hash.as_bytes()[..]])?;
        row.map(|row| number(&row, 0)).transpose()
    }

    fn records(
        &mut self,
        space: SpaceKey,
        after: u64,
        until: u64,
        most_bytes: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let sql = "SELECT bytes, number, hash FROM ara_record
            WHERE space = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4";
        let space = &space.id.as_bytes()[..];
        let (mut records, mut size, mut after) = (vec![], 0, stored(after));
        loop {
            let values: [&(dyn ToSql + Sync); 4] =
                [&space, &after, &stored(until), &RECORDS_AT_ONCE];
            let rows = self.session.rows(sql, &values)?;
            for row in &rows {
                let record: Vec<u8> = get(row, 0)?;
                size += record.len();
                if size > most_bytes && !records.is_empty() {
                    return Ok(records);
                }
                let is_as_written = get::<i64>(row, 1)? == after.saturating_add(1)
                    && get::<&[u8]>(row, 2)? == hash_body(&record);
                if !is_as_written {
                    return Err(StoreError::Damaged { what: "an access record" });
                }
                records.push(record);
                after += 1;
            }
            if stored(rows.len()) < RECORDS_AT_ONCE {
                return Ok(records);
            }
        }
    }

    fn add_record(
        &mut self,
        space: SpaceKey,
        number: u64,
        hash: RecordHash,
        record: &[u8],
    ) -> Result<()> {
        self.expected.forget_notes();
        let place =
            || values![space.id.as_bytes().to_vec(), stored(number), hash.as_bytes().to_vec()];
        // One whose number was damaged is in the way.
        let sql = "DELETE FROM ara_record WHERE space = $1 AND number <> $2 AND hash = $3";
        self.session.send(sql, place())?;
        let mut values = place();
        values.push(Box::new(record.to_vec()));
        self.session.send(
            "INSERT INTO ara_record VALUES ($1, $2, $3, $4) ON CONFLICT (space, number) DO UPDATE
             SET hash = excluded.hash, bytes = excluded.bytes",
            values,
        )
    }

    fn put_tombstone(&mut self, space: SpaceKey, tombstone: &Tombstone) -> Result<()> {
        self.expected.forget_notes();
        let id = || space.id.as_bytes().to_vec();
        self.session.send(
            "INSERT INTO ara_tombstone VALUES ($1, $2, $3) ON CONFLICT (space) DO UPDATE
             SET audience = excluded.audience, request = excluded.request",
            values![id(), tombstone.audience.clone(), tombstone.request.clone()],
        )?;
        let sql = "INSERT INTO ara_remains VALUES ($1) ON CONFLICT DO NOTHING";
        self.session.send(sql, values![id()])
    }

    fn drop_some(&mut self) -> Result<bool> {
        self.write_held()?;
        let sql = "SELECT space FROM ara_remains ORDER BY space LIMIT 1 FOR UPDATE";
        let Some(row) = self.session.row(sql, &[])? else { return Ok(false) };
        let space: &[u8] = get(&row, 0)?;
        let alive = "SELECT 1 FROM ara_space WHERE id = $1 AND NOT is_deleted";
        // What is noted of a space that lives is a damaged note.
        let is_alive = self.session.row(alive, &[&space])?.is_some();
        if is_alive || !self.drop_rows(space)? {
            self.session
                .send("DELETE FROM ara_remains WHERE space = $1", values![space.to_vec()])?;
        }
        Ok(true)
    }

    fn drop_some_of(&mut self, space: SpaceKey) -> Result<bool> {
        self.write_held()?;
        let id = space.id.as_bytes();
        if self.drop_rows(id)? {
            return Ok(true);
        }
        for sql in DROP_LAST {
            self.session.send(sql, values![id.to_vec()])?;
        }
        if let Some(held) = &mut self.held {
            held.space = None;
        }
        Ok(false)
    }

    fn tombstone(&mut self, space: SpaceKey) -> Result<Option<Tombstone>> {
        if let Some(expected) = self.expected.tombstone() {
            return Ok(expected);
        }
        let row = self.session.row(TOMBSTONE, &[&&space.id.as_bytes()[..]])?;
        row.as_ref().map(read_tombstone).transpose()
    }
}
