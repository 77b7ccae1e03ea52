//! The log of a space.

use ara_protocol::{NodeId, SegmentId};
use rusqlite::{OptionalExtension, Params, Row, params};

use crate::store::error::Result;
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{Listed, Live, Log, NewSegment, SegmentKey, SpaceKey};

const SEGMENT: &str = "a segment";

/// What is read of a segment that was not replaced.
const LIVE: &str = "SELECT segment.key, number, id, alias, segment.node, before, size FROM segment";

impl Sqlite<'_> {
    /// Reads the segment that a condition finds.
    fn live_where(&self, condition: &str, parameters: impl Params) -> Result<Option<Live>> {
        let mut query = self.0.prepare_cached(&format!("{LIVE} {condition}"))?;
        let raw = |row: &Row<'_>| -> rusqlite::Result<(Live, [Option<Vec<u8>>; 3])> {
            let live = Live {
                key: SegmentKey(row.get(0)?),
                number: row.get::<_, i64>(1)?.unsigned_abs(),
                id: SegmentId::from_bytes([0; 32]),
                alias: None,
                node: NodeId::from_bytes([0; 16]),
                before: row.get::<_, Option<i64>>(5)?.map(SegmentKey),
                size: row.get::<_, i64>(6)?.unsigned_abs(),
            };
            Ok((live, [row.get(2)?, row.get(3)?, row.get(4)?]))
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
        let chain = query.query_row([space.0, stored(number)], |row| row.get::<_, Vec<u8>>(0));
        chain.optional()?.map(|chain| array(chain, "the chain of a log")).transpose()
    }

    fn has_segment(&mut self, space: SpaceKey, id: SegmentId) -> Result<bool> {
        let mut query = self.0.prepare_cached(
            "SELECT 1 FROM segment WHERE space = ?1 AND id = ?2
             UNION ALL SELECT 1 FROM stub WHERE space = ?1 AND id = ?2",
        )?;
        Ok(query.exists(params![space.0, &id.as_bytes()[..]])?)
    }

    fn live(&mut self, space: SpaceKey, name: SegmentId) -> Result<Option<Live>> {
        let name = &name.as_bytes()[..];
        let by_id = self.live_where("WHERE space = ?1 AND id = ?2", params![space.0, name])?;
        match by_id {
            Some(live) => Ok(Some(live)),
            None => self.live_where("WHERE space = ?1 AND alias = ?2", params![space.0, name]),
        }
    }

    fn live_at(&mut self, key: SegmentKey) -> Result<Option<Live>> {
        self.live_where("WHERE key = ?1", [key.0])
    }

    fn live_after(&mut self, key: SegmentKey) -> Result<Option<Live>> {
        self.live_where("WHERE before = ?1", [key.0])
    }

    fn first_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        self.live_where(
            "WHERE space = ?1 AND node = ?2 AND before IS NULL",
            params![space.0, &node.as_bytes()[..]],
        )
    }

    fn last_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        self.live_where(
            "JOIN node ON node.last = segment.key WHERE node.space = ?1 AND node.node = ?2",
            params![space.0, &node.as_bytes()[..]],
        )
    }

    fn head(&mut self, key: SegmentKey) -> Result<Vec<u8>> {
        let mut query = self.0.prepare_cached("SELECT head FROM segment WHERE key = ?1")?;
        Ok(query.query_row([key.0], |row| row.get(0))?)
    }

    fn add_segment(&mut self, space: SpaceKey, segment: &NewSegment<'_>) -> Result<SegmentKey> {
        self.0
            .prepare_cached(
                "INSERT INTO segment
                 VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                space.0,
                stored(segment.place.number),
                &segment.id.as_bytes()[..],
                &segment.place.chain[..],
                &segment.node.as_bytes()[..],
                segment.alias.as_ref().map(|alias| &alias.as_bytes()[..]),
                segment.before.map(|before| before.0),
                stored(segment.replaced_to),
                stored(segment.size),
                segment.part_count,
                segment.head,
                segment.part,
            ])?;
        Ok(SegmentKey(self.0.last_insert_rowid()))
    }

    fn leave_stub(&mut self, space: SpaceKey, key: SegmentKey) -> Result<()> {
        for statement in [
            "INSERT OR REPLACE INTO stub
             SELECT space, number, id, chain FROM segment WHERE key = ?2 AND space = ?1",
            "DELETE FROM segment WHERE key = ?2 AND space = ?1",
        ] {
            self.0.prepare_cached(statement)?.execute([space.0, key.0])?;
        }
        for statement in [
            "DELETE FROM blob WHERE key IN (SELECT blob FROM part WHERE segment = ?1)",
            "DELETE FROM part WHERE segment = ?1",
        ] {
            self.0.prepare_cached(statement)?.execute([key.0])?;
        }
        Ok(())
    }

    fn set_before(&mut self, key: SegmentKey, before: Option<SegmentKey>) -> Result<()> {
        self.0
            .prepare_cached("UPDATE segment SET before = ?2 WHERE key = ?1")?
            .execute(params![key.0, before.map(|before| before.0)])?;
        Ok(())
    }

    fn set_last(&mut self, space: SpaceKey, node: NodeId, last: SegmentKey) -> Result<()> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO node VALUES (?1, ?2, ?3)")?
            .execute(params![space.0, &node.as_bytes()[..], last.0])?;
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
            "SELECT key, number, id, chain, node, replaced_to, size, parts, head FROM segment
             WHERE space = ?1 AND number > ?2 AND (?3 IS NULL OR node = ?3) ORDER BY number LIMIT ?4",
        )?;
        let node = node.as_ref().map(|node| &node.as_bytes()[..]);
        let mut rows = query.query(params![space.0, stored(after), node, stored(most)])?;
        let mut listed = vec![];
        while let Some(row) = rows.next()? {
            listed.push(Listed {
                key: SegmentKey(row.get(0)?),
                number: row.get::<_, i64>(1)?.unsigned_abs(),
                id: SegmentId::from_bytes(array(row.get(2)?, SEGMENT)?),
                chain: array(row.get(3)?, "the chain of a log")?,
                node: NodeId::from_bytes(array(row.get(4)?, SEGMENT)?),
                replaced_to: row.get::<_, i64>(5)?.unsigned_abs(),
                size: row.get::<_, i64>(6)?.unsigned_abs(),
                // A number that no segment has is wrong as well.
                part_count: u16::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
                head: row.get(8)?,
            });
        }
        Ok(listed)
    }
}
