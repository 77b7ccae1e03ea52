//! Slots.

use ara_protocol::keys::MemberKey;
use ara_protocol::request::hash_body;
use rusqlite::params;

use crate::store::error::{Result, StoreError};
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{KeptSlot, Slots, SpaceKey};

const SLOT: StoreError = StoreError::Damaged { what: "a slot" };

/// Returns what shows that a slot is as it was written.
fn hash(author: &[u8], number: i64, slot: &[u8]) -> [u8; 32] {
    hash_body(&[author, &number.to_be_bytes(), slot].concat())
}

impl Slots for Sqlite<'_> {
    fn slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<Option<KeptSlot>> {
        let mut query = self.0.prepare_cached(
            "SELECT number, size, hash, bytes FROM slot WHERE space = ?1 AND author = ?2",
        )?;
        let author = &author.as_bytes()[..];
        let mut rows = query.query(params![space.row, author])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (number, size) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        let (said, bytes): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
        if said != hash(author, number, &bytes) || size != stored(bytes.len()) {
            return Err(SLOT);
        }
        Ok(Some(KeptSlot { number: number.cast_unsigned(), size: size.unsigned_abs() }))
    }

    fn slot_authors(&mut self, space: SpaceKey) -> Result<Vec<MemberKey>> {
        let mut query = self.0.prepare_cached("SELECT author FROM slot WHERE space = ?1")?;
        let rows = query.query_map([space.row], |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|author| MemberKey::from_bytes(array(author?, "a slot")?).map_err(|_| SLOT))
            .collect()
    }

    fn put_slot(
        &mut self,
        space: SpaceKey,
        author: MemberKey,
        count: u64,
        number: u64,
        slot: &[u8],
    ) -> Result<()> {
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO slot VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                space.row,
                &author.as_bytes()[..],
                stored(count),
                // A device may choose any number.
                number.cast_signed(),
                stored(slot.len()),
                &hash(author.as_bytes(), number.cast_signed(), slot)[..],
                slot
            ])?;
        Ok(())
    }

    fn drop_slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<()> {
        self.0
            .prepare_cached("DELETE FROM slot WHERE space = ?1 AND author = ?2")?
            .execute(params![space.row, &author.as_bytes()[..]])?;
        Ok(())
    }

    fn slots_after(
        &mut self,
        space: SpaceKey,
        count: u64,
        most_bytes: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>> {
        let mut query = self.0.prepare_cached(
            "SELECT count, bytes, author, number, hash FROM slot
             WHERE space = ?1 AND count > ?2 ORDER BY count",
        )?;
        let mut rows = query.query([space.row, stored(count)])?;
        let (mut slots, mut size) = (vec![], 0);
        while let Some(row) = rows.next()? {
            let slot: Vec<u8> = row.get(1)?;
            let (author, number): (Vec<u8>, _) = (row.get(2)?, row.get(3)?);
            if row.get::<_, Vec<u8>>(4)? != hash(&author, number, &slot) {
                return Err(SLOT);
            }
            size += slot.len();
            if size > most_bytes && !slots.is_empty() {
                break;
            }
            slots.push((row.get::<_, i64>(0)?.unsigned_abs(), slot));
        }
        Ok(slots)
    }
}
