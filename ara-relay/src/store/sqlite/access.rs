//! Spaces and their access logs.

use ara_protocol::keys::MemberKey;
use ara_protocol::request::hash_body;
use ara_protocol::{Cursor, RecordHash, SpaceId};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, params};

use crate::store::error::{Result, StoreError};
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{Listing, Mark, Space, SpaceKey, SpaceSize, Spaces, Tombstone, Topic, decided};

/// What drops some rows of a space, what others refer to last: some 16 MB at once.
const DROP_SOME: &[&[&str]] = &[
    &[
        "DELETE FROM blob WHERE key IN (
             SELECT blob FROM part WHERE space = ?1 ORDER BY segment, number LIMIT 16)",
        "DELETE FROM part WHERE space = ?1 AND (segment, number) IN (
             SELECT segment, number FROM part WHERE space = ?1 ORDER BY segment, number LIMIT 16)",
    ],
    &[
        "DELETE FROM blob WHERE key IN (
             SELECT blob FROM staged WHERE space = ?1 ORDER BY hash LIMIT 16)",
        "DELETE FROM staged WHERE space = ?1 AND hash IN (
             SELECT hash FROM staged WHERE space = ?1 ORDER BY hash LIMIT 16)",
    ],
    &["DELETE FROM segment WHERE key IN (SELECT key FROM segment WHERE space = ?1 LIMIT 16)"],
    &["DELETE FROM slot WHERE space = ?1"],
    &["DELETE FROM stub WHERE space = ?1 AND number IN (
           SELECT number FROM stub WHERE space = ?1 LIMIT 4096)"],
    &["DELETE FROM node WHERE space = ?1"],
    &["DELETE FROM unheard WHERE space = ?1"],
    &[
        "DELETE FROM box WHERE mailbox IN (SELECT id FROM mailbox WHERE space = ?1)",
        "DELETE FROM mailbox WHERE space = ?1",
    ],
];

/// What drops the rest of a space that has nothing else.
const DROP_LAST: &[&str] = &[
    "DELETE FROM record WHERE space = ?1",
    "DELETE FROM tombstone WHERE space = ?1",
    "DELETE FROM remains WHERE space = ?1",
    "DELETE FROM space WHERE key = ?1",
];

/// A row of `space`, as SQLite has it.
struct Raw {
    numbers: [i64; 7],
    id: Vec<u8>,
    chain: Vec<u8>,
    access: Vec<u8>,
    recovery: Option<Vec<u8>>,
    is_deleted: bool,
    decided: Option<Vec<u8>>,
}

impl Raw {
    const COLUMNS: &str =
        "key, number, records, records_size, slots, used, last_use, id, chain, access,
        recovery, is_deleted, decided";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut numbers = [0; 7];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = row.get(at)?;
        }
        Ok(Self {
            numbers,
            id: row.get(7)?,
            chain: row.get(8)?,
            access: row.get(9)?,
            recovery: row.get(10)?,
            is_deleted: row.get(11)?,
            decided: match row.get_ref(12)? {
                // One bit makes a text of it, which need not be one.
                ValueRef::Blob(bytes) | ValueRef::Text(bytes) => Some(bytes.to_vec()),
                _ => None,
            },
        })
    }

    fn into_space(self) -> Result<Space> {
        let [key, number, records, records_size, slots, used, last_use] = self.numbers;
        // One that is none is not that of the access log, which is told by who compares them.
        let recovery =
            self.recovery.and_then(|key| MemberKey::from_bytes(key.try_into().ok()?).ok());
        let id = SpaceId::from_bytes(array(self.id, "a space")?);
        let (quota, state) = decided::read(id, self.decided.as_deref());
        Ok(Space {
            key: SpaceKey { id, row: key },
            end: Cursor { number: number.unsigned_abs(), chain: array(self.chain, "a space")? },
            records: records.unsigned_abs(),
            records_size: records_size.unsigned_abs(),
            access: RecordHash::from_bytes(array(self.access, "a space")?),
            recovery,
            slots: slots.unsigned_abs(),
            used: used.unsigned_abs(),
            last_use: last_use.unsigned_abs(),
            is_deleted: self.is_deleted,
            quota,
            state,
        })
    }
}

impl Sqlite<'_> {
    /// Drops some of what a space has besides its access records. Returns whether there was any.
    fn drop_rows(&self, space: i64) -> Result<bool> {
        for statements in DROP_SOME {
            let mut dropped = 0;
            for statement in *statements {
                dropped += self.0.execute(statement, [space])?;
            }
            if dropped > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Spaces for Sqlite<'_> {
    fn secret(&mut self) -> Result<Option<[u8; 32]>> {
        let mut query = self.0.prepare_cached("SELECT key FROM secret")?;
        let secret = query.query_row([], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        secret.map(|secret| array(secret, "the key of challenges")).transpose()
    }

    fn put_secret(&mut self, secret: &[u8; 32]) -> Result<()> {
        self.0.execute("INSERT OR REPLACE INTO secret VALUES (1, ?1)", [&secret[..]])?;
        Ok(())
    }

    fn count_spaces(&mut self) -> Result<u64> {
        let mut query = self.0.prepare_cached("SELECT count(*) FROM space WHERE NOT is_deleted")?;
        Ok(query.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn space_sizes(&mut self) -> Result<Vec<SpaceSize>> {
        let mut query = self.0.prepare_cached(
            "SELECT used, (SELECT count(*) FROM segment WHERE segment.space = space.key)
             FROM space WHERE NOT is_deleted",
        )?;
        let rows = query.query_map([], |row| {
            let [bytes, segments] = [row.get::<_, i64>(0)?, row.get(1)?].map(i64::unsigned_abs);
            Ok(SpaceSize { bytes, segments })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn spaces(&mut self, listing: Listing, most: usize) -> Result<Vec<Space>> {
        let (order, after) = match listing {
            Listing::Size => ("used DESC, id", None),
            Listing::Age => ("last_use, id", None),
            Listing::After(after) => ("id", after),
        };
        let mut query = self.0.prepare_cached(&format!(
            "SELECT {} FROM space WHERE id > ?1 ORDER BY {order} LIMIT ?2",
            Raw::COLUMNS
        ))?;
        // All that are there come after the empty one.
        let after = after.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]);
        let rows = query.query_map(params![after, stored(most)], Raw::read)?;
        rows.map(|row| row?.into_space()).collect()
    }

    fn marks(&mut self, topics: &[Topic]) -> Result<Vec<(Topic, Mark)>> {
        let mut marks = vec![];
        for topic in topics {
            let mark = match topic {
                Topic::Space(id) => self.space(*id)?.map(|space| space.mark()),
                Topic::Mailbox(id) => self.mailbox_mark(*id)?,
            };
            marks.extend(mark.map(|mark| (*topic, mark)));
        }
        Ok(marks)
    }

    fn space(&mut self, id: SpaceId) -> Result<Option<Space>> {
        let query = format!("SELECT {} FROM space WHERE id = ?1", Raw::COLUMNS);
        let mut query = self.0.prepare_cached(&query)?;
        let raw = query.query_row([&id.as_bytes()[..]], Raw::read).optional()?;
        raw.map(Raw::into_space).transpose()
    }

    fn found(&mut self, id: SpaceId) -> Result<Space> {
        let (end, access) = (Cursor::start(id), RecordHash::from_bytes([0; 32]));
        self.0
            .prepare_cached(
                "INSERT INTO space VALUES (NULL, ?1, 0, ?2, 0, 0, ?3, NULL, 0, 0, 0, 0, NULL)",
            )?
            .execute(params![&id.as_bytes()[..], &end.chain[..], &access.as_bytes()[..]])?;
        Ok(Space::new(SpaceKey { id, row: self.0.last_insert_rowid() }))
    }

    fn put_space(&mut self, space: &Space) -> Result<()> {
        self.0
            .prepare_cached(
                "UPDATE space SET number = ?2, chain = ?3, records = ?4, records_size = ?5, access = ?6,
                 recovery = ?7, slots = ?8, used = ?9, last_use = ?10, is_deleted = ?11,
                 decided = ?12 WHERE key = ?1",
            )?
            .execute(params![
                space.key.row,
                stored(space.end.number),
                &space.end.chain[..],
                stored(space.records),
                stored(space.records_size),
                &space.access.as_bytes()[..],
                space.recovery.as_ref().map(|key| &key.as_bytes()[..]),
                stored(space.slots),
                stored(space.used),
                stored(space.last_use),
                space.is_deleted,
                decided::write(space.key.id, space.quota, space.state),
            ])?;
        Ok(())
    }

    fn recovered_by(&mut self, recovery: MemberKey, most: usize) -> Result<Vec<SpaceId>> {
        let mut query = self.0.prepare_cached(
            "SELECT id FROM space WHERE recovery = ?1 ORDER BY last_use DESC, key LIMIT ?2",
        )?;
        let rows =
            query.query_map(params![&recovery.as_bytes()[..], stored(most)], |row| row.get(0))?;
        rows.map(|id| Ok(SpaceId::from_bytes(array(id?, "a space")?))).collect()
    }

    fn record_number(&mut self, space: SpaceKey, hash: RecordHash) -> Result<Option<u64>> {
        let mut query =
            self.0.prepare_cached("SELECT number FROM record WHERE space = ?1 AND hash = ?2")?;
        let found = query.query_row(params![space.row, &hash.as_bytes()[..]], |row| row.get(0));
        Ok(found.optional()?.map(i64::unsigned_abs))
    }

    fn records(
        &mut self,
        space: SpaceKey,
        after: u64,
        until: u64,
        most_bytes: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let mut query = self.0.prepare_cached(
            "SELECT number, hash, bytes FROM record
             WHERE space = ?1 AND number > ?2 AND number <= ?3 ORDER BY number",
        )?;
        let mut rows = query.query([space.row, stored(after), stored(until)])?;
        let (mut records, mut size) = (vec![], 0);
        while let Some(row) = rows.next()? {
            let record: Vec<u8> = row.get(2)?;
            size += record.len();
            if size > most_bytes && !records.is_empty() {
                break;
            }
            let number = after.saturating_add(records.len() as u64).saturating_add(1);
            let is_as_written = row.get::<_, i64>(0)? == stored(number)
                && row.get::<_, Vec<u8>>(1)? == hash_body(&record);
            if !is_as_written {
                return Err(StoreError::Damaged { what: "an access record" });
            }
            records.push(record);
        }
        Ok(records)
    }

    fn add_record(
        &mut self,
        space: SpaceKey,
        number: u64,
        hash: RecordHash,
        record: &[u8],
    ) -> Result<()> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO record VALUES (NULL, ?1, ?2, ?3, ?4)")?
            .execute(params![space.row, stored(number), &hash.as_bytes()[..], record])?;
        Ok(())
    }

    fn put_tombstone(&mut self, space: SpaceKey, tombstone: &Tombstone) -> Result<()> {
        self.0.execute(
            "INSERT OR REPLACE INTO tombstone VALUES (?1, ?2, ?3)",
            params![space.row, tombstone.audience, tombstone.request],
        )?;
        self.0.execute("INSERT OR IGNORE INTO remains VALUES (?1)", [space.row])?;
        Ok(())
    }

    fn drop_some(&mut self) -> Result<bool> {
        let mut query = self.0.prepare_cached("SELECT space FROM remains LIMIT 1")?;
        let Some(space) = query.query_row([], |row| row.get::<_, i64>(0)).optional()? else {
            return Ok(false);
        };
        let mut query =
            self.0.prepare_cached("SELECT 1 FROM space WHERE key = ?1 AND is_deleted = 0")?;
        // What is noted of a space that lives is a damaged note.
        let is_alive = query.exists([space])?;
        if is_alive || !self.drop_rows(space)? {
            self.0.execute("DELETE FROM remains WHERE space = ?1", [space])?;
        }
        Ok(true)
    }

    fn drop_some_of(&mut self, space: SpaceKey) -> Result<bool> {
        if self.drop_rows(space.row)? {
            return Ok(true);
        }
        for statement in DROP_LAST {
            self.0.execute(statement, [space.row])?;
        }
        Ok(false)
    }

    fn tombstone(&mut self, space: SpaceKey) -> Result<Option<Tombstone>> {
        let mut query = self.0.prepare_cached(
            "SELECT CAST(audience AS BLOB), request FROM tombstone WHERE space = ?1",
        )?;
        let read = |row: &Row<'_>| {
            let audience = String::from_utf8_lossy(&row.get::<_, Vec<u8>>(0)?).into_owned();
            Ok(Tombstone { audience, request: row.get(1)? })
        };
        Ok(query.query_row([space.row], read).optional()?)
    }
}
