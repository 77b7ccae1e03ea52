//! The log of a space.

use ara_protocol::{NodeId, SegmentId};
use rusqlite::{OptionalExtension, Params, Row, params};

use crate::store::error::Result;
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{Listed, Live, Log, NewSegment, SpaceKey};

const SEGMENT: &str = "a segment";

/// What is read of a segment that was not replaced.
const LIVE: &str = "SELECT number, before, size, id, alias, segment.node FROM segment";

impl Sqlite<'_> {
    /// Reads the segment that a condition finds.
    fn live_where(&self, condition: &str, parameters: impl Params) -> Result<Option<Live>> {
        let mut query = self.0.prepare_cached(&format!("{LIVE} {condition}"))?;
        let raw = |row: &Row<'_>| -> rusqlite::Result<(Live, [Option<Vec<u8>>; 3])> {
            let live = Live {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                id: SegmentId::from_bytes([0; 32]),
                alias: None,
                node: NodeId::from_bytes([0; 16]),
                before: row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs),
                size: row.get::<_, i64>(2)?.unsigned_abs(),
            };
            Ok((live, [row.get(3)?, row.get(4)?, row.get(5)?]))
        };
        let Some((live, [id, alias, node])) = query.query_row(parameters, raw).optional()? else {
            return Ok(None);
        };
        let alias = alias.map(|alias| array(alias, SEGMENT).map(SegmentId::from_bytes));
        Ok(Some(Live {
            id: SegmentId::from_bytes(array(id.unwrap_or_default(), SEGMENT)?),
            alias: alias.transpose()?,
            node: NodeId::from_bytes(array(node.unwrap_or_default(), SEGMENT)?),
            ..live
        }))
    }
}

impl Log for Sqlite<'_> {
    fn chain_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<[u8; 32]>> {
        let mut query = self.0.prepare_cached(
            "SELECT chain FROM segment WHERE space = ?1 AND number = ?2
             UNION ALL SELECT chain FROM stub WHERE space = ?1 AND number = ?2",
        )?;
        let chain = query.query_row([space.row, stored(number)], |row| row.get::<_, Vec<u8>>(0));
        chain.optional()?.map(|chain| array(chain, "the chain of a log")).transpose()
    }

    fn count_known(&mut self, space: SpaceKey, ids: &[SegmentId]) -> Result<usize> {
        let mut query = self.0.prepare_cached(
            "SELECT 1 FROM segment WHERE space = ?1 AND id = ?2
             UNION ALL SELECT 1 FROM stub WHERE space = ?1 AND id = ?2",
        )?;
        let mut count = 0;
        for id in ids {
            count += usize::from(query.exists(params![space.row, &id.as_bytes()[..]])?);
        }
        Ok(count)
    }

    fn count_segments(&mut self, space: SpaceKey) -> Result<u64> {
        let mut query = self.0.prepare_cached("SELECT count(*) FROM segment WHERE space = ?1")?;
        Ok(query.query_row([space.row], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn live(&mut self, space: SpaceKey, name: SegmentId) -> Result<Option<Live>> {
        let name = &name.as_bytes()[..];
        let by_id = self.live_where("WHERE space = ?1 AND id = ?2", params![space.row, name])?;
        match by_id {
            Some(live) => Ok(Some(live)),
            None => self.live_where("WHERE space = ?1 AND alias = ?2", params![space.row, name]),
        }
    }

    fn live_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>> {
        self.live_where("WHERE space = ?1 AND number = ?2", [space.row, stored(number)])
    }

    fn live_after(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>> {
        self.live_where("WHERE space = ?1 AND before = ?2", [space.row, stored(number)])
    }

    fn first_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        self.live_where(
            "WHERE space = ?1 AND node = ?2 AND before IS NULL",
            params![space.row, &node.as_bytes()[..]],
        )
    }

    fn last_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        self.live_where(
            "JOIN node ON segment.space = node.space AND segment.number = node.last
             WHERE node.space = ?1 AND node.node = ?2",
            params![space.row, &node.as_bytes()[..]],
        )
    }

    fn head(&mut self, space: SpaceKey, number: u64) -> Result<Vec<u8>> {
        let mut query =
            self.0.prepare_cached("SELECT head FROM segment WHERE space = ?1 AND number = ?2")?;
        Ok(query.query_row([space.row, stored(number)], |row| row.get(0))?)
    }

    fn add_segment(&mut self, space: SpaceKey, segment: &NewSegment<'_>) -> Result<()> {
        self.0
            .prepare_cached(
                "INSERT INTO segment
                 VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                space.row,
                stored(segment.place.number),
                &segment.id.as_bytes()[..],
                &segment.place.chain[..],
                &segment.node.as_bytes()[..],
                segment.alias.as_ref().map(|alias| &alias.as_bytes()[..]),
                segment.before.map(stored),
                stored(segment.replaced_to),
                stored(segment.size),
                segment.part_count,
                segment.head,
                segment.part,
            ])?;
        Ok(())
    }

    fn leave_stub(&mut self, space: SpaceKey, number: u64) -> Result<()> {
        for statement in [
            "INSERT OR REPLACE INTO stub
             SELECT space, number, id, chain FROM segment WHERE space = ?1 AND number = ?2",
            "DELETE FROM segment WHERE space = ?1 AND number = ?2",
            "DELETE FROM blob WHERE key IN (SELECT blob FROM part WHERE space = ?1 AND segment = ?2)",
            "DELETE FROM part WHERE space = ?1 AND segment = ?2",
        ] {
            self.0.prepare_cached(statement)?.execute([space.row, stored(number)])?;
        }
        Ok(())
    }

    fn set_before(&mut self, space: SpaceKey, number: u64, before: Option<u64>) -> Result<()> {
        self.0
            .prepare_cached("UPDATE segment SET before = ?3 WHERE space = ?1 AND number = ?2")?
            .execute(params![space.row, stored(number), before.map(stored)])?;
        Ok(())
    }

    fn set_last(&mut self, space: SpaceKey, node: NodeId, last: u64) -> Result<()> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO node VALUES (?1, ?2, ?3)")?
            .execute(params![space.row, &node.as_bytes()[..], stored(last)])?;
        Ok(())
    }

    fn list(
        &mut self,
        space: SpaceKey,
        after: u64,
        node: Option<NodeId>,
        most: usize,
    ) -> Result<Vec<Listed>> {
        let mut query = self.0.prepare_cached(
            "SELECT number, id, chain, node, replaced_to, size, parts, head FROM segment
             WHERE space = ?1 AND number > ?2 AND (?3 IS NULL OR node = ?3) ORDER BY number LIMIT ?4",
        )?;
        let node = node.as_ref().map(|node| &node.as_bytes()[..]);
        let mut rows = query.query(params![space.row, stored(after), node, stored(most)])?;
        let mut listed = vec![];
        while let Some(row) = rows.next()? {
            listed.push(Listed {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                id: SegmentId::from_bytes(array(row.get(1)?, SEGMENT)?),
                chain: array(row.get(2)?, "the chain of a log")?,
                node: NodeId::from_bytes(array(row.get(3)?, SEGMENT)?),
                replaced_to: row.get::<_, i64>(4)?.unsigned_abs(),
                size: row.get::<_, i64>(5)?.unsigned_abs(),
                // A number that no segment has is wrong as well.
                part_count: u16::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
                head: row.get(7)?,
            });
        }
        Ok(listed)
    }
}
