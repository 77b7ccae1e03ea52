//! Parts of segments, and parts that are staged.
//!
//! The bytes of a staged part stay where they are when a segment adopts it.

use ara_protocol::SpaceId;
use rusqlite::{OptionalExtension, params};

use crate::store::error::Result;
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{Parts, SpaceKey};

/// How many expired parts are dropped at once.
const PARTS_AT_ONCE: i64 = 16;

impl Parts for Sqlite<'_> {
    fn part(&mut self, space: SpaceKey, segment: u64, index: u16) -> Result<Option<Vec<u8>>> {
        let mut query = self.0.prepare_cached(
            "SELECT part FROM segment WHERE space = ?1 AND number = ?2 AND ?3 = 0 AND part IS NOT NULL
             UNION ALL SELECT bytes FROM part JOIN blob ON blob.key = part.blob
             WHERE part.space = ?1 AND part.segment = ?2 AND part.number = ?3",
        )?;
        let parameters = params![space.row, stored(segment), index];
        Ok(query.query_row(parameters, |row| row.get(0)).optional()?)
    }

    fn first_parts(&mut self, space: SpaceKey, segments: &[u64]) -> Result<Vec<(u64, Vec<u8>)>> {
        let mut parts = vec![];
        for segment in segments {
            let part = self.part(space, *segment, 0)?;
            parts.extend(part.map(|part| (*segment, part)));
        }
        Ok(parts)
    }

    fn stage(&mut self, space: SpaceKey, hash: &[u8; 32], part: &[u8], expires: u64) -> Result<()> {
        self.0.prepare_cached("INSERT INTO blob VALUES (NULL, ?1)")?.execute([part])?;
        let blob = self.0.last_insert_rowid();
        self.0
            .prepare_cached("INSERT INTO staged VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![space.row, &hash[..], blob, stored(part.len()), stored(expires)])?;
        Ok(())
    }

    fn staged(&mut self, space: SpaceKey, hash: &[u8; 32], now: u64) -> Result<Option<u64>> {
        let mut query = self.0.prepare_cached(
            "SELECT size FROM staged WHERE space = ?1 AND hash = ?2 AND expires > ?3",
        )?;
        let size = query.query_row(params![space.row, &hash[..], stored(now)], |row| row.get(0));
        Ok(size.optional()?.map(i64::unsigned_abs))
    }

    fn renew_staged(&mut self, space: SpaceKey, hash: &[u8; 32], expires: u64) -> Result<()> {
        self.0
            .prepare_cached("UPDATE staged SET expires = ?3 WHERE space = ?1 AND hash = ?2")?
            .execute(params![space.row, &hash[..], stored(expires)])?;
        Ok(())
    }

    fn adopt(&mut self, space: SpaceKey, hash: &[u8; 32], segment: u64, index: u16) -> Result<()> {
        self.0
            .prepare_cached(
                "INSERT INTO part SELECT space, ?3, ?4, blob FROM staged WHERE space = ?1 AND hash = ?2",
            )?
            .execute(params![space.row, &hash[..], stored(segment), index])?;
        self.0
            .prepare_cached("DELETE FROM staged WHERE space = ?1 AND hash = ?2")?
            .execute(params![space.row, &hash[..]])?;
        Ok(())
    }

    fn drop_expired_parts(&mut self, space: SpaceKey, now: u64) -> Result<u64> {
        let mut query = self.0.prepare_cached(
            "SELECT hash, blob, size FROM staged WHERE space = ?1 AND expires <= ?2 LIMIT ?3",
        )?;
        let mut rows = query.query([space.row, stored(now), PARTS_AT_ONCE])?;
        let mut expired = vec![];
        while let Some(row) = rows.next()? {
            let size: i64 = row.get(2)?;
            expired.push((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, size.unsigned_abs()));
        }
        for (hash, blob, _) in &expired {
            self.0.prepare_cached("DELETE FROM blob WHERE key = ?1")?.execute([blob])?;
            self.0
                .prepare_cached("DELETE FROM staged WHERE space = ?1 AND hash = ?2")?
                .execute(params![space.row, hash])?;
        }
        Ok(expired.iter().map(|(.., size)| size).sum())
    }

    fn with_expired_parts(&mut self, now: u64, most: usize) -> Result<Vec<SpaceId>> {
        let mut query = self.0.prepare_cached(
            "SELECT DISTINCT space.id FROM staged JOIN space ON space.key = staged.space
             WHERE expires <= ?1 LIMIT ?2",
        )?;
        let rows = query.query_map(params![stored(now), stored(most)], |row| row.get(0))?;
        rows.map(|id| Ok(SpaceId::from_bytes(array(id?, "a space")?))).collect()
    }
}
