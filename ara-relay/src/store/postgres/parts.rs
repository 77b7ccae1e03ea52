//! Parts of segments, and parts that are staged.
//!
//! A part that is staged belongs to the segment 0, which is none. When a segment adopts it, its bytes stay where they
//! are.

use ara_protocol::SpaceId;

use crate::store::error::Result;
use crate::store::postgres::session::values;
use crate::store::postgres::{Postgres, array, get, number, stored};
use crate::store::{Parts, SpaceKey};

/// How many expired parts are dropped at once.
const PARTS_AT_ONCE: i64 = 16;

impl Parts for Postgres<'_> {
    fn part(&mut self, space: SpaceKey, segment: u64, index: u16) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT part FROM ara_segment
            WHERE space = $1 AND number = $2 AND $3::integer = 0 AND part IS NOT NULL
            UNION ALL SELECT bytes FROM ara_part WHERE space = $1 AND segment = $2 AND number = $3";
        let space = &space.id.as_bytes()[..];
        let row = self.session.row(sql, &[&space, &stored(segment), &i32::from(index)])?;
        row.map(|row| get(&row, 0)).transpose()
    }

    fn first_parts(&mut self, space: SpaceKey, segments: &[u64]) -> Result<Vec<(u64, Vec<u8>)>> {
        let sql = "SELECT number, part FROM ara_segment
            WHERE space = $1 AND number = ANY($2) AND part IS NOT NULL
            UNION ALL SELECT segment, bytes FROM ara_part
            WHERE space = $1 AND segment = ANY($2) AND number = 0";
        let segments: Vec<_> = segments.iter().map(|number| stored(*number)).collect();
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..], &segments])?;
        rows.iter().map(|row| Ok((number(row, 0)?, get(row, 1)?))).collect()
    }

    fn stage(&mut self, space: SpaceKey, hash: &[u8; 32], part: &[u8], expires: u64) -> Result<()> {
        self.session.send(
            "INSERT INTO ara_part VALUES ($1, 0, 0, $2, $3, $4, $5)",
            values![
                space.id.as_bytes().to_vec(),
                hash.to_vec(),
                stored(part.len()),
                stored(expires),
                part.to_vec()
            ],
        )
    }

    fn staged(&mut self, space: SpaceKey, hash: &[u8; 32], now: u64) -> Result<Option<u64>> {
        let sql = "SELECT size FROM ara_part
            WHERE space = $1 AND segment = 0 AND number = 0 AND hash = $2 AND expires > $3";
        let space = &space.id.as_bytes()[..];
        let row = self.session.row(sql, &[&space, &&hash[..], &stored(now)])?;
        row.map(|row| number(&row, 0)).transpose()
    }

    fn renew_staged(&mut self, space: SpaceKey, hash: &[u8; 32], expires: u64) -> Result<()> {
        self.session.send(
            "UPDATE ara_part SET expires = $3
             WHERE space = $1 AND segment = 0 AND number = 0 AND hash = $2",
            values![space.id.as_bytes().to_vec(), hash.to_vec(), stored(expires)],
        )
    }

    fn adopt(&mut self, space: SpaceKey, hash: &[u8; 32], segment: u64, index: u16) -> Result<()> {
        self.session.send(
            "UPDATE ara_part SET segment = $3, number = $4, expires = NULL
             WHERE space = $1 AND segment = 0 AND number = 0 AND hash = $2",
            values![space.id.as_bytes().to_vec(), hash.to_vec(), stored(segment), i32::from(index)],
        )
    }

    fn drop_expired_parts(&mut self, space: SpaceKey, now: u64) -> Result<u64> {
        let sql =
            "DELETE FROM ara_part WHERE space = $1 AND segment = 0 AND number = 0 AND hash IN (
            SELECT hash FROM ara_part WHERE space = $1 AND segment = 0 AND number = 0
            AND expires <= $2 LIMIT $3) RETURNING size";
        let space = &space.id.as_bytes()[..];
        let rows = self.session.rows(sql, &[&space, &stored(now), &PARTS_AT_ONCE])?;
        rows.iter().map(|row| number(row, 0)).sum()
    }

    fn with_expired_parts(&mut self, now: u64, most: usize) -> Result<Vec<SpaceId>> {
        let sql = "SELECT DISTINCT space FROM ara_part WHERE expires <= $1 LIMIT $2";
        let rows = self.session.rows(sql, &[&stored(now), &stored(most)])?;
        rows.iter().map(|row| Ok(SpaceId::from_bytes(array(row, 0, "a space")?))).collect()
    }
}
