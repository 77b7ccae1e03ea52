//! What is stored as it is.
//!
//! A segment is found by the number that it had when its job began, also after the job has moved it.

use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, NodeId, RecordHash, SegmentId, SpaceId};
use tokio_postgres::Row;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::session::values;
use crate::store::postgres::spaces::key;
use crate::store::postgres::{Postgres, array, array_of, get, number, stored};
use crate::store::{Mending, SpaceKey, StoredPlace, StoredRecord, StoredSegment, Tombstone};

const SEGMENT: &str = "a segment";
const CHAIN: &str = "the chain of a log";

/// The end of a log.
const END: &str = "SELECT number, chain FROM (
    (SELECT number, chain FROM ara_segment WHERE space = $1 ORDER BY number DESC LIMIT 1)
    UNION ALL
    (SELECT number, chain FROM ara_stub WHERE space = $1 ORDER BY number DESC LIMIT 1)
    ) AS ends ORDER BY number DESC LIMIT 1";

/// Whether a member is to hear that something of the log was lost.
const UNHEARD: &str = "SELECT 1 FROM ara_unheard WHERE space = $1 AND member = $2";

/// Reads the end of a log: its number, and the chain in the next column.
pub(super) fn read_end(row: &Row, at: usize) -> Result<Cursor> {
    Ok(Cursor { number: number(row, at)?, chain: array(row, at + 1, CHAIN)? })
}

fn read_place(row: &Row) -> Result<StoredPlace> {
    let number: i64 = get(row, 1)?;
    Ok(StoredPlace {
        row: get::<bool>(row, 0)?.then_some(number),
        number,
        id: SegmentId::from_bytes(array(row, 2, SEGMENT)?),
        chain: array(row, 3, CHAIN)?,
    })
}

impl Postgres<'_> {
    /// Returns the number that a segment has now.
    fn moved(&self, row: i64) -> i64 {
        self.moved.get(&row).copied().unwrap_or(row)
    }
}

impl Mending for Postgres<'_> {
    fn end_of_log(&mut self, space: SpaceKey) -> Result<Option<Cursor>> {
        if let Some(expected) = self.expected.end() {
            return Ok(expected);
        }
        let row = self.session.row(END, &[&&space.id.as_bytes()[..]])?;
        row.map(|row| read_end(&row, 0)).transpose()
    }

    fn stored_places(&mut self, space: SpaceKey) -> Result<Vec<StoredPlace>> {
        let sql = "SELECT true, number, id, chain FROM ara_segment WHERE space = $1
            UNION ALL SELECT false, number, id, chain FROM ara_stub WHERE space = $1 ORDER BY number";
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..]])?;
        rows.iter().map(read_place).collect()
    }

    fn places_after(
        &mut self,
        space: SpaceKey,
        number: u64,
        most: usize,
    ) -> Result<Vec<StoredPlace>> {
        let sql = "SELECT * FROM (
            (SELECT true, number, id, chain FROM ara_segment
             WHERE space = $1 AND number > $2 ORDER BY number LIMIT $3)
            UNION ALL
            (SELECT false, number, id, chain FROM ara_stub
             WHERE space = $1 AND number > $2 ORDER BY number LIMIT $3)
            ) AS places ORDER BY number LIMIT $3";
        let space = &space.id.as_bytes()[..];
        let rows = self.session.rows(sql, &[&space, &stored(number), &stored(most)])?;
        rows.iter().map(read_place).collect()
    }

    fn move_places(&mut self, space: SpaceKey, moved: &[(StoredPlace, Cursor)]) -> Result<()> {
        self.expected.forget_segments();
        let sql = |place: &StoredPlace| match place.row {
            Some(_) => {
                "UPDATE ara_segment SET number = $3, chain = $4 WHERE space = $1 AND number = $2"
            }
            None => "UPDATE ara_stub SET number = $3, chain = $4 WHERE space = $1 AND number = $2",
        };
        let id = || space.id.as_bytes().to_vec();
        // First out of the way of each other.
        for (at, (place, _)) in (0..).zip(moved) {
            let from = place.row.map_or(place.number, |row| self.moved(row));
            let values = values![id(), from, i64::MIN + at, place.chain.to_vec()];
            self.session.send(sql(place), values)?;
        }
        for (at, (place, to)) in (0..).zip(moved) {
            let number = stored(to.number);
            let values = values![id(), i64::MIN + at, number, to.chain.to_vec()];
            self.session.send(sql(place), values)?;
            if let Some(row) = place.row {
                self.moved.insert(row, number);
            }
        }
        Ok(())
    }

    fn put_stub(&mut self, space: SpaceKey, place: Cursor, id: SegmentId) -> Result<()> {
        self.expected.forget_segments();
        self.session.send(
            "INSERT INTO ara_stub VALUES ($1, $2, $3, $4) ON CONFLICT (space, number) DO UPDATE
             SET id = excluded.id, chain = excluded.chain",
            values![
                space.id.as_bytes().to_vec(),
                stored(place.number),
                id.as_bytes().to_vec(),
                place.chain.to_vec()
            ],
        )
    }

    fn stored_segment(&mut self, space: SpaceKey, row: i64) -> Result<StoredSegment> {
        let sql = "SELECT id, alias, node, before, size, parts, head FROM ara_segment
            WHERE space = $1 AND number = $2";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], &self.moved(row)])?;
        let row = row.ok_or(StoreError::Damaged { what: SEGMENT })?;
        let alias = get::<Option<&[u8]>>(&row, 1)?.map(|alias| array_of(alias, SEGMENT));
        Ok(StoredSegment {
            id: SegmentId::from_bytes(array(&row, 0, SEGMENT)?),
            alias: alias.transpose()?.map(SegmentId::from_bytes),
            node: NodeId::from_bytes(array(&row, 2, SEGMENT)?),
            before: get::<Option<i64>>(&row, 3)?.map(i64::unsigned_abs),
            size: number(&row, 4)?,
            // A number that no segment has is wrong as well.
            part_count: u16::try_from(get::<i32>(&row, 5)?).unwrap_or(0),
            head: get(&row, 6)?,
        })
    }

    fn stored_parts(&mut self, space: SpaceKey, segment: u64) -> Result<(u64, u64)> {
        let sql = "SELECT count(*), coalesce(sum(length(bytes)), 0)::bigint FROM (
            SELECT part AS bytes FROM ara_segment
            WHERE space = $1 AND number = $2 AND part IS NOT NULL
            UNION ALL SELECT bytes FROM ara_part WHERE space = $1 AND segment = $2) AS parts";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], &stored(segment)])?;
        row.map_or(Ok((0, 0)), |row| Ok((number(&row, 0)?, number(&row, 1)?)))
    }

    fn put_segment(&mut self, space: SpaceKey, row: i64, segment: &StoredSegment) -> Result<()> {
        self.expected.forget_segments();
        let number = self.moved(row);
        self.session.send(
            "UPDATE ara_segment SET id = $3, alias = $4, node = $5, before = $6, size = $7, parts = $8
             WHERE space = $1 AND number = $2",
            values![
                space.id.as_bytes().to_vec(),
                number,
                segment.id.as_bytes().to_vec(),
                segment.alias.as_ref().map(|alias| alias.as_bytes().to_vec()),
                segment.node.as_bytes().to_vec(),
                segment.before.map(stored),
                stored(segment.size),
                i32::from(segment.part_count),
            ],
        )
    }

    fn forget_last(&mut self, space: SpaceKey) -> Result<()> {
        self.expected.forget_segments();
        let values = values![space.id.as_bytes().to_vec()];
        self.session.send("DELETE FROM ara_node WHERE space = $1", values)
    }

    fn stored_records(&mut self, space: SpaceKey) -> Result<Vec<StoredRecord>> {
        let sql = "SELECT number, hash, bytes FROM ara_record WHERE space = $1 ORDER BY number";
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..]])?;
        let read = |row: &Row| {
            let hash = RecordHash::from_bytes(array(row, 1, "an access record")?);
            Ok(StoredRecord { number: number(row, 0)?, hash, bytes: get(row, 2)? })
        };
        rows.iter().map(read).collect()
    }

    fn stored_slots(&mut self, space: SpaceKey) -> Result<Vec<Vec<u8>>> {
        let sql = "SELECT bytes FROM ara_slot WHERE space = $1 ORDER BY count";
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..]])?;
        rows.iter().map(|row| get(row, 0)).collect()
    }

    fn drop_slots(&mut self, space: SpaceKey) -> Result<()> {
        self.expected.forget_slots();
        let values = values![space.id.as_bytes().to_vec()];
        self.session.send("DELETE FROM ara_slot WHERE space = $1", values)
    }

    fn store_size(&mut self) -> Result<u64> {
        let row = self.session.row("SELECT pg_database_size(current_database())", &[])?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn staged_size(&mut self, space: SpaceKey) -> Result<u64> {
        let sql = "SELECT coalesce(sum(length(bytes)), 0)::bigint FROM ara_part
            WHERE space = $1 AND segment = 0";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..]])?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn tombstones(&mut self) -> Result<Vec<(SpaceKey, Tombstone)>> {
        let rows = self.session.rows("SELECT space, audience, request FROM ara_tombstone", &[])?;
        let read = |row: &Row| {
            let space = key(SpaceId::from_bytes(array(row, 0, "a tombstone")?));
            Ok((space, Tombstone { audience: get(row, 1)?, request: get(row, 2)? }))
        };
        rows.iter().map(read).collect()
    }

    fn move_tombstone(&mut self, from: SpaceKey, to: SpaceKey) -> Result<()> {
        self.expected.forget_notes();
        let [from, to] = [from, to].map(|space| space.id.as_bytes().to_vec());
        self.session.send("DELETE FROM ara_tombstone WHERE space = $1", values![to.clone()])?;
        let sql = "UPDATE ara_tombstone SET space = $2 WHERE space = $1";
        self.session.send(sql, values![from, to])
    }

    fn put_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()> {
        self.expected.forget_notes();
        self.session.send(
            "INSERT INTO ara_unheard VALUES ($1, $2) ON CONFLICT DO NOTHING",
            values![space.id.as_bytes().to_vec(), member.as_bytes().to_vec()],
        )
    }

    fn is_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<bool> {
        if let Some(expected) = self.expected.is_unheard(member) {
            return Ok(expected);
        }
        let row =
            self.session.row(UNHEARD, &[&&space.id.as_bytes()[..], &&member.as_bytes()[..]])?;
        Ok(row.is_some())
    }

    fn forget_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()> {
        self.expected.forget_notes();
        self.session.send(
            "DELETE FROM ara_unheard WHERE space = $1 AND member = $2",
            values![space.id.as_bytes().to_vec(), member.as_bytes().to_vec()],
        )
    }
}
