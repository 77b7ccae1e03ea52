//! Slots.

use ara_protocol::keys::MemberKey;
use ara_protocol::request::hash_body;
use tokio_postgres::Row;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::session::values;
use crate::store::postgres::spaces::member;
use crate::store::postgres::{Postgres, get, number, stored};
use crate::store::{KeptSlot, Slots, SpaceKey};

/// How many slots are read at once. Their sizes are known only then.
const SLOTS_AT_ONCE: i64 = 64;

/// What is known of a slot without reading it.
pub(super) const ONE: &str = "SELECT number, size, hash, bytes, author FROM ara_slot
    WHERE space = $1 AND author = $2";

/// Some slots after a number as the relay counts them.
pub(super) const AFTER: &str = "SELECT count, bytes, author, number, hash FROM ara_slot
    WHERE space = $1 AND count > $2
    ORDER BY count LIMIT $3";

pub(super) fn read_slot(row: &Row) -> Result<KeptSlot> {
    // A device may choose any number.
    let chosen: i64 = get(row, 0)?;
    let (size, said, slot): (i64, &[u8], &[u8]) = (get(row, 1)?, get(row, 2)?, get(row, 3)?);
    if said != hash(get(row, 4)?, chosen, slot) || size != stored(slot.len()) {
        return Err(SLOT);
    }
    Ok(KeptSlot { number: chosen.cast_unsigned(), size: number(row, 1)? })
}

/// Reads a slot with its number as the relay counts them.
pub(super) fn read_counted(row: &Row) -> Result<(u64, Vec<u8>)> {
    let slot: Vec<u8> = get(row, 1)?;
    if get::<&[u8]>(row, 4)? != hash(get(row, 2)?, get(row, 3)?, &slot) {
        return Err(SLOT);
    }
    Ok((number(row, 0)?, slot))
}

/// Returns what shows that a slot is as it was written.
fn hash(author: &[u8], number: i64, slot: &[u8]) -> [u8; 32] {
    hash_body(&[author, &number.to_be_bytes(), slot].concat())
}

const SLOT: StoreError = StoreError::Damaged { what: "a slot" };

impl Slots for Postgres<'_> {
    fn slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<Option<KeptSlot>> {
        if let Some(expected) = self.expected.slot(author) {
            return Ok(expected);
        }
        let row = self.session.row(ONE, &[&&space.id.as_bytes()[..], &&author.as_bytes()[..]])?;
        row.as_ref().map(read_slot).transpose()
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
        self.expected.forget_slots();
        self.session.send(
            "INSERT INTO ara_slot VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (space, author) DO UPDATE SET count = excluded.count,
             number = excluded.number, size = excluded.size, hash = excluded.hash, bytes = excluded.bytes",
            values![
                space.id.as_bytes().to_vec(),
                author.as_bytes().to_vec(),
                stored(count),
                number.cast_signed(),
                stored(slot.len()),
                hash(author.as_bytes(), number.cast_signed(), slot).to_vec(),
                slot.to_vec()
            ],
        )
    }

    fn drop_slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<()> {
        self.expected.forget_slots();
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
        let mut expected = self.expected.take_slots(count);
        let space = &space.id.as_bytes()[..];
        let (mut slots, mut size, mut after) = (vec![], 0, stored(count));
        loop {
            let (some, is_all) = match expected.take() {
                Some(all) => (all, true),
                None => {
                    let rows = self.session.rows(AFTER, &[&space, &after, &SLOTS_AT_ONCE])?;
                    let some: Vec<(u64, Vec<u8>)> =
                        rows.iter().map(read_counted).collect::<Result<_>>()?;
                    (some, stored(rows.len()) < SLOTS_AT_ONCE)
                }
            };
            for (count, slot) in some {
                size += slot.len();
                if size > most_bytes && !slots.is_empty() {
                    return Ok(slots);
                }
                after = stored(count);
                slots.push((count, slot));
            }
            if is_all {
                return Ok(slots);
            }
        }
    }
}
