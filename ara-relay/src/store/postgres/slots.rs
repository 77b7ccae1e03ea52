//! Slots.

use ara_protocol::keys::MemberKey;

use crate::store::error::Result;
use crate::store::postgres::session::values;
use crate::store::postgres::spaces::member;
use crate::store::postgres::{Postgres, get, number, stored};
use crate::store::{KeptSlot, Slots, SpaceKey};

/// How many slots are read at once. Their sizes are known only then.
const SLOTS_AT_ONCE: i64 = 64;

impl Slots for Postgres<'_> {
    fn slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<Option<KeptSlot>> {
        let sql = "SELECT number, size FROM ara_slot WHERE space = $1 AND author = $2";
        let row = self.session.row(sql, &[&&space.id.as_bytes()[..], &&author.as_bytes()[..]])?;
        // A device may choose any number.
        row.map(|row| {
            let chosen = get::<i64>(&row, 0)?.cast_unsigned();
            Ok(KeptSlot { number: chosen, size: number(&row, 1)? })
        })
        .transpose()
    }

    fn slot_authors(&mut self, space: SpaceKey) -> Result<Vec<MemberKey>> {
        let sql = "SELECT author FROM ara_slot WHERE space = $1";
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..]])?;
        rows.iter().map(|row| member(get(row, 0)?, "a slot")).collect()
    }

    fn put_slot(
        &mut self,
        space: SpaceKey,
        author: MemberKey,
        count: u64,
        number: u64,
        slot: &[u8],
    ) -> Result<()> {
        self.session.send(
            "INSERT INTO ara_slot VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (space, author) DO UPDATE SET count = excluded.count,
             number = excluded.number, size = excluded.size, bytes = excluded.bytes",
            values![
                space.id.as_bytes().to_vec(),
                author.as_bytes().to_vec(),
                stored(count),
                number.cast_signed(),
                stored(slot.len()),
                slot.to_vec()
            ],
        )
    }

    fn drop_slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<()> {
        self.session.send(
            "DELETE FROM ara_slot WHERE space = $1 AND author = $2",
            values![space.id.as_bytes().to_vec(), author.as_bytes().to_vec()],
        )
    }

    fn slots_after(
        &mut self,
        space: SpaceKey,
        count: u64,
        most_bytes: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>> {
        let sql = "SELECT count, bytes FROM ara_slot WHERE space = $1 AND count > $2
            ORDER BY count LIMIT $3";
        let space = &space.id.as_bytes()[..];
        let (mut slots, mut size, mut after) = (vec![], 0, stored(count));
        loop {
            let rows = self.session.rows(sql, &[&space, &after, &SLOTS_AT_ONCE])?;
            for row in &rows {
                let slot: Vec<u8> = get(row, 1)?;
                size += slot.len();
                if size > most_bytes && !slots.is_empty() {
                    return Ok(slots);
                }
                after = get(row, 0)?;
                slots.push((after.unsigned_abs(), slot));
            }
            if stored(rows.len()) < SLOTS_AT_ONCE {
                return Ok(slots);
            }
        }
    }
}
