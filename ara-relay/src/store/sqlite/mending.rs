//! What is stored as it is.

use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, NodeId, RecordHash, SegmentId, SpaceId};
use rusqlite::{OptionalExtension, Row, params};

use crate::store::error::Result;
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{Mending, SpaceKey, StoredPlace, StoredRecord, StoredSegment, Tombstone};

const SEGMENT: &str = "a segment";

type RawPlace = (Option<i64>, i64, Vec<u8>, Vec<u8>);

fn place_of((row, number, id, chain): RawPlace) -> Result<StoredPlace> {
    Ok(StoredPlace {
        row,
        number,
        id: SegmentId::from_bytes(array(id, SEGMENT)?),
        chain: array(chain, "the chain of a log")?,
    })
}

fn raw_place(row: &Row<'_>) -> rusqlite::Result<RawPlace> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

impl Mending for Sqlite<'_> {
    fn end_of_log(&mut self, space: SpaceKey) -> Result<Option<Cursor>> {
        let mut query = self.0.prepare_cached(
            "SELECT number, chain FROM (
                 SELECT * FROM (SELECT number, chain FROM segment WHERE space = ?1 ORDER BY number DESC LIMIT 1)
                 UNION ALL
                 SELECT * FROM (SELECT number, chain FROM stub WHERE space = ?1 ORDER BY number DESC LIMIT 1))
             ORDER BY number DESC LIMIT 1",
        )?;
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        let Some((number, chain)) = query.query_row([space.row], read).optional()? else {
            return Ok(None);
        };
        let chain = array(chain, "the chain of a log")?;
        Ok(Some(Cursor { number: number.unsigned_abs(), chain }))
    }

    fn stored_places(&mut self, space: SpaceKey) -> Result<Vec<StoredPlace>> {
        let mut query = self.0.prepare_cached(
            "SELECT key, number, id, chain FROM segment WHERE space = ?1
             UNION ALL SELECT NULL, number, id, chain FROM stub WHERE space = ?1 ORDER BY number",
        )?;
        let rows = query.query_map([space.row], raw_place)?;
        rows.map(|row| place_of(row?)).collect()
    }

    fn places_after(
        &mut self,
        space: SpaceKey,
        number: u64,
        most: usize,
    ) -> Result<Vec<StoredPlace>> {
        let mut query = self.0.prepare_cached(
            "SELECT * FROM (SELECT key, number, id, chain FROM segment
                 WHERE space = ?1 AND number > ?2 ORDER BY number LIMIT ?3)
             UNION ALL SELECT * FROM (SELECT NULL, number, id, chain FROM stub
                 WHERE space = ?1 AND number > ?2 ORDER BY number LIMIT ?3)
             ORDER BY number LIMIT ?3",
        )?;
        let rows = query.query_map([space.row, stored(number), stored(most)], raw_place)?;
        rows.map(|row| place_of(row?)).collect()
    }

    fn move_places(&mut self, space: SpaceKey, moved: &[(StoredPlace, Cursor)]) -> Result<()> {
        let mut segment = self.0.prepare_cached(
            "UPDATE segment SET number = ?3, chain = ?4 WHERE key = ?2 AND space = ?1",
        )?;
        let mut stub = self.0.prepare_cached(
            "UPDATE stub SET number = ?3, chain = ?4 WHERE number = ?2 AND space = ?1",
        )?;
        // First out of the way of each other.
        for (at, (place, _)) in (0..).zip(moved) {
            let aside: i64 = i64::MIN + at;
            match place.row {
                Some(row) => segment.execute(params![space.row, row, aside, &place.chain[..]])?,
                None => stub.execute(params![space.row, place.number, aside, &place.chain[..]])?,
            };
        }
        for (at, (place, to)) in (0..).zip(moved) {
            let (aside, number): (i64, _) = (i64::MIN + at, stored(to.number));
            match place.row {
                Some(row) => segment.execute(params![space.row, row, number, &to.chain[..]])?,
                None => stub.execute(params![space.row, aside, number, &to.chain[..]])?,
            };
        }
        Ok(())
    }

    fn put_stub(&mut self, space: SpaceKey, place: Cursor, id: SegmentId) -> Result<()> {
        let (number, id, chain) = (stored(place.number), &id.as_bytes()[..], &place.chain[..]);
        self.0
            .prepare_cached("INSERT OR REPLACE INTO stub VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![space.row, number, id, chain])?;
        Ok(())
    }

    fn stored_segment(&mut self, _space: SpaceKey, row: i64) -> Result<StoredSegment> {
        let mut query = self.0.prepare_cached(
            "SELECT id, alias, node, before, size, parts, head FROM segment WHERE key = ?1",
        )?;
        let (id, alias, node, segment) = query.query_row([row], |row| {
            let segment = StoredSegment {
                id: SegmentId::from_bytes([0; 32]),
                alias: None,
                node: NodeId::from_bytes([0; 16]),
                before: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
                size: row.get::<_, i64>(4)?.unsigned_abs(),
                // A number that no segment has is wrong as well.
                part_count: u16::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
                head: row.get(6)?,
            };
            Ok((row.get(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get(2)?, segment))
        })?;
        let alias = alias.map(|alias| array(alias, SEGMENT).map(SegmentId::from_bytes));
        Ok(StoredSegment {
            id: SegmentId::from_bytes(array(id, SEGMENT)?),
            alias: alias.transpose()?,
            node: NodeId::from_bytes(array(node, SEGMENT)?),
            ..segment
        })
    }

    fn stored_parts(&mut self, space: SpaceKey, segment: u64) -> Result<(u64, u64)> {
        let mut query = self.0.prepare_cached(
            "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM (
                 SELECT part AS bytes FROM segment
                 WHERE space = ?1 AND number = ?2 AND part IS NOT NULL
                 UNION ALL SELECT bytes FROM part JOIN blob ON blob.key = part.blob
                 WHERE part.space = ?1 AND part.segment = ?2)",
        )?;
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (count, size) = query.query_row([space.row, stored(segment)], read)?;
        Ok((count.unsigned_abs(), size.unsigned_abs()))
    }

    fn put_segment(&mut self, _space: SpaceKey, row: i64, segment: &StoredSegment) -> Result<()> {
        self.0
            .prepare_cached(
                "UPDATE segment SET id = ?2, alias = ?3, node = ?4, before = ?5, size = ?6, parts = ?7
                 WHERE key = ?1",
            )?
            .execute(params![
                row,
                &segment.id.as_bytes()[..],
                segment.alias.as_ref().map(|alias| &alias.as_bytes()[..]),
                &segment.node.as_bytes()[..],
                segment.before.map(stored),
                stored(segment.size),
                segment.part_count,
            ])?;
        Ok(())
    }

    fn forget_last(&mut self, space: SpaceKey) -> Result<()> {
        self.0.prepare_cached("DELETE FROM node WHERE space = ?1")?.execute([space.row])?;
        Ok(())
    }

    fn stored_records(&mut self, space: SpaceKey) -> Result<Vec<StoredRecord>> {
        let mut query = self.0.prepare_cached(
            "SELECT number, hash, bytes FROM record WHERE space = ?1 ORDER BY number",
        )?;
        let rows = query.query_map([space.row], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?))
        })?;
        let read = |row: rusqlite::Result<(i64, Vec<u8>, Vec<u8>)>| {
            let (number, hash, bytes) = row?;
            let hash = RecordHash::from_bytes(array(hash, "an access record")?);
            Ok(StoredRecord { number: number.unsigned_abs(), hash, bytes })
        };
        rows.map(read).collect()
    }

    fn stored_slots(&mut self, space: SpaceKey) -> Result<Vec<Vec<u8>>> {
        let mut query =
            self.0.prepare_cached("SELECT bytes FROM slot WHERE space = ?1 ORDER BY count")?;
        let rows = query.query_map([space.row], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn drop_slots(&mut self, space: SpaceKey) -> Result<()> {
        self.0.prepare_cached("DELETE FROM slot WHERE space = ?1")?.execute([space.row])?;
        Ok(())
    }

    fn store_size(&mut self) -> Result<u64> {
        let pragma = |name| self.0.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        Ok(pragma("page_count")?.saturating_mul(pragma("page_size")?).unsigned_abs())
    }

    fn staged_size(&mut self, space: SpaceKey) -> Result<u64> {
        let mut query = self.0.prepare_cached(
            "SELECT coalesce(sum(length(bytes)), 0) FROM staged JOIN blob ON blob.key = staged.blob
             WHERE space = ?1",
        )?;
        Ok(query.query_row([space.row], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn tombstones(&mut self) -> Result<Vec<(SpaceKey, Tombstone)>> {
        let mut query = self.0.prepare_cached(
            "SELECT space, CAST(audience AS BLOB), request, space.id FROM tombstone
                 LEFT JOIN space ON space.key = tombstone.space",
        )?;
        let rows = query.query_map([], |row| {
            let audience = String::from_utf8_lossy(&row.get::<_, Vec<u8>>(1)?).into_owned();
            // One that is noted for no space may be of any, which its request says.
            let id = row.get::<_, Option<Vec<u8>>>(3)?.and_then(|id| id.try_into().ok());
            let id = SpaceId::from_bytes(id.unwrap_or([0; 16]));
            let key = SpaceKey { id, row: row.get(0)? };
            Ok((key, Tombstone { audience, request: row.get(2)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn move_tombstone(&mut self, from: SpaceKey, to: SpaceKey) -> Result<()> {
        self.0
            .prepare_cached("UPDATE OR REPLACE tombstone SET space = ?2 WHERE space = ?1")?
            .execute([from.row, to.row])?;
        Ok(())
    }

    fn put_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO unheard VALUES (?1, ?2)")?
            .execute(params![space.row, &member.as_bytes()[..]])?;
        Ok(())
    }

    fn is_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<bool> {
        let mut query =
            self.0.prepare_cached("SELECT 1 FROM unheard WHERE space = ?1 AND member = ?2")?;
        Ok(query.exists(params![space.row, &member.as_bytes()[..]])?)
    }

    fn forget_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()> {
        self.0
            .prepare_cached("DELETE FROM unheard WHERE space = ?1 AND member = ?2")?
            .execute(params![space.row, &member.as_bytes()[..]])?;
        Ok(())
    }
}
