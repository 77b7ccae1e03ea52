//! The log of a space.

use ara_protocol::{NodeId, SegmentId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::session::values;
use crate::store::postgres::{Postgres, array, array_of, get, number, stored};
use crate::store::{Listed, Live, Log, NewSegment, SpaceKey};

const SEGMENT: &str = "a segment";

/// What is read of a segment that was not replaced, of the space $1.
macro_rules! live {
    ($condition:literal) => {
        concat!(
            "SELECT number, id, alias, ara_segment.node, before, size FROM ara_segment ",
            $condition
        )
    };
}

/// Which of some segments are there.
pub(super) const KNOWN: &str = "SELECT id FROM ara_segment WHERE space = $1 AND id = ANY($2)
    UNION ALL SELECT id FROM ara_stub WHERE space = $1 AND id = ANY($2)";

/// The chain at a number.
pub(super) const CHAIN: &str = "SELECT chain FROM ara_segment WHERE space = $1 AND number = $2
    UNION ALL SELECT chain FROM ara_stub WHERE space = $1 AND number = $2";

/// The last segments of some nodes.
pub(super) const LAST: &str = live!(
    "JOIN ara_node ON ara_segment.space = ara_node.space AND ara_segment.number = ara_node.last
     WHERE ara_node.space = $1 AND ara_node.node = ANY($2)"
);

/// Some segments after a number.
pub(super) const LIST: &str = "SELECT number, id, chain, node, replaced_to, size, parts, head
    FROM ara_segment WHERE space = $1 AND number > $2 ORDER BY number LIMIT $3";

pub(super) fn read_listed(row: &Row) -> Result<Listed> {
    Ok(Listed {
        number: number(row, 0)?,
        id: SegmentId::from_bytes(array(row, 1, SEGMENT)?),
        chain: array(row, 2, "the chain of a log")?,
        node: NodeId::from_bytes(array(row, 3, SEGMENT)?),
        replaced_to: number(row, 4)?,
        size: number(row, 5)?,
        // A number that no segment has is wrong as well.
        part_count: u16::try_from(get::<i32>(row, 6)?).unwrap_or(0),
        head: get(row, 7)?,
    })
}

pub(super) fn read_live(row: &Row) -> Result<Live> {
    let alias = get::<Option<&[u8]>>(row, 2)?.map(|alias| array_of(alias, SEGMENT)).transpose()?;
    Ok(Live {
        number: number(row, 0)?,
        id: SegmentId::from_bytes(array(row, 1, SEGMENT)?),
        alias: alias.map(SegmentId::from_bytes),
        node: NodeId::from_bytes(array(row, 3, SEGMENT)?),
        before: get::<Option<i64>>(row, 4)?.map(i64::unsigned_abs),
        size: number(row, 5)?,
    })
}

impl Postgres<'_> {
    fn live_by(
        &mut self,
        sql: &str,
        space: SpaceKey,
        by: &(dyn ToSql + Sync),
    ) -> Result<Option<Live>> {
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], by])?;
        row.map(|row| read_live(&row)).transpose()
    }
}

impl Log for Postgres<'_> {
    fn chain_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<[u8; 32]>> {
        if let Some(expected) = self.expected.chain_at(number) {
            return Ok(expected);
        }
        let row = self.session.row(CHAIN, &[&&space.id.as_bytes()[..], &stored(number)])?;
        row.map(|row| array(&row, 0, "the chain of a log")).transpose()
    }

    fn count_known(&mut self, space: SpaceKey, ids: &[SegmentId]) -> Result<usize> {
        if let Some(expected) = self.expected.count_known(ids) {
            return Ok(expected);
        }
        let named: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
        let rows = self.session.rows(KNOWN, &[&&space.id.as_bytes()[..], &named])?;
        let mut known = vec![];
        for row in &rows {
            known.push(SegmentId::from_bytes(array(row, 0, SEGMENT)?));
        }
        Ok(ids.iter().filter(|id| known.contains(id)).count())
    }

    fn count_segments(&mut self, space: SpaceKey) -> Result<u64> {
        let sql = "SELECT count(*) FROM ara_segment WHERE space = $1";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..]])?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn live(&mut self, space: SpaceKey, name: SegmentId) -> Result<Option<Live>> {
        let name = &name.as_bytes()[..];
        match self.live_by(live!("WHERE space = $1 AND id = $2"), space, &name)? {
            Some(live) => Ok(Some(live)),
            None => self.live_by(live!("WHERE space = $1 AND alias = $2"), space, &name),
        }
    }

    fn live_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>> {
        self.live_by(live!("WHERE space = $1 AND number = $2"), space, &stored(number))
    }

    fn live_after(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>> {
        self.live_by(live!("WHERE space = $1 AND before = $2"), space, &stored(number))
    }

    fn first_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        let node = &node.as_bytes()[..];
        self.live_by(live!("WHERE space = $1 AND node = $2 AND before IS NULL"), space, &node)
    }

    fn last_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>> {
        match self.expected.last_of(node) {
            Some(expected) => Ok(expected),
            None => self.live_by(LAST, space, &vec![&node.as_bytes()[..]]),
        }
    }

    fn head(&mut self, space: SpaceKey, number: u64) -> Result<Vec<u8>> {
        let sql = "SELECT head FROM ara_segment WHERE space = $1 AND number = $2";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], &stored(number)])?;
        get(&row.ok_or(StoreError::Damaged { what: SEGMENT })?, 0)
    }

    fn add_segment(&mut self, space: SpaceKey, segment: &NewSegment<'_>) -> Result<()> {
        self.expected.add(Live {
            number: segment.place.number,
            id: segment.id,
            alias: segment.alias,
            node: segment.node,
            before: segment.before,
            size: segment.size,
        });
        self.session.send(
            "INSERT INTO ara_segment VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            values![
                space.id.as_bytes().to_vec(),
                stored(segment.place.number),
                segment.id.as_bytes().to_vec(),
                segment.place.chain.to_vec(),
                segment.node.as_bytes().to_vec(),
                segment.alias.as_ref().map(|alias| alias.as_bytes().to_vec()),
                segment.before.map(stored),
                stored(segment.replaced_to),
                stored(segment.size),
                i32::from(segment.part_count),
                segment.head.to_vec(),
                segment.part.map(<[u8]>::to_vec),
            ],
        )
    }

    fn leave_stub(&mut self, space: SpaceKey, number: u64) -> Result<()> {
        self.expected.forget_segments();
        for sql in [
            "INSERT INTO ara_stub SELECT space, number, id, chain FROM ara_segment
             WHERE space = $1 AND number = $2
             ON CONFLICT (space, number) DO UPDATE SET id = excluded.id, chain = excluded.chain",
            "DELETE FROM ara_segment WHERE space = $1 AND number = $2",
            "DELETE FROM ara_part WHERE space = $1 AND segment = $2",
        ] {
            self.session.send(sql, values![space.id.as_bytes().to_vec(), stored(number)])?;
        }
        Ok(())
    }

    fn set_before(&mut self, space: SpaceKey, number: u64, before: Option<u64>) -> Result<()> {
        self.expected.forget_segments();
        self.session.send(
            "UPDATE ara_segment SET before = $3 WHERE space = $1 AND number = $2",
            values![space.id.as_bytes().to_vec(), stored(number), before.map(stored)],
        )
    }

    fn set_last(&mut self, space: SpaceKey, node: NodeId, last: u64) -> Result<()> {
        self.expected.set_last(node, last);
        self.session.send(
            "INSERT INTO ara_node VALUES ($1, $2, $3)
             ON CONFLICT (space, node) DO UPDATE SET last = excluded.last",
            values![space.id.as_bytes().to_vec(), node.as_bytes().to_vec(), stored(last)],
        )
    }

    fn list(
        &mut self,
        space: SpaceKey,
        after: u64,
        node: Option<NodeId>,
        most: usize,
    ) -> Result<Vec<Listed>> {
        if node.is_none()
            && let Some(expected) = self.expected.take_listed(after, most)
        {
            return Ok(expected);
        }
        let (space, after, most) = (&space.id.as_bytes()[..], stored(after), stored(most));
        let rows = match node {
            None => self.session.rows(LIST, &[&space, &after, &most]),
            Some(node) => self.session.rows(
                "SELECT number, id, chain, node, replaced_to, size, parts, head FROM ara_segment
                 WHERE space = $1 AND number > $2 AND node = $4 ORDER BY number LIMIT $3",
                &[&space, &after, &most, &&node.as_bytes()[..]],
            ),
        };
        rows?.iter().map(read_listed).collect()
    }
}
