//! Slots.

use ara_protocol::keys::MemberKey;
use rusqlite::{OptionalExtension, params};

use crate::store::error::{Result, StoreError};
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{KeptSlot, Slots, SpaceKey};

impl Slots for Sqlite<'_> {
    fn slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<Option<KeptSlot>> {
        let mut query = self
            .0
            .prepare_cached("SELECT number, size FROM slot WHERE space = ?1 AND author = ?2")?;
        let slot = query.query_row(params![space.row, &author.as_bytes()[..]], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let slot = slot.optional()?.map(|(number, size)| (number.cast_unsigned(), size));
        Ok(slot.map(|(number, size)| KeptSlot { number, size: size.unsigned_abs() }))
    }

    fn slot_authors(&mut self, space: SpaceKey) -> Result<Vec<MemberKey>> {
        let mut query = self.0.prepare_cached("SELECT author FROM slot WHERE space = ?1")?;
        let rows = query.query_map([space.row], |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|author| {
            let author = MemberKey::from_bytes(array(author?, "a slot")?);
            author.map_err(|_| StoreError::Damaged { what: "a slot" })
        })
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
            .prepare_cached("INSERT OR REPLACE INTO slot VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                space.row,
                &author.as_bytes()[..],
                stored(count),
                // A device may choose any number.
                number.cast_signed(),
                stored(slot.len()),
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
            "SELECT count, bytes FROM slot WHERE space = ?1 AND count > ?2 ORDER BY count",
        )?;
        let mut rows = query.query([space.row, stored(count)])?;
        let (mut slots, mut size) = (vec![], 0);
        while let Some(row) = rows.next()? {
            let slot: Vec<u8> = row.get(1)?;
            size += slot.len();
            if size > most_bytes && !slots.is_empty() {
                break;
            }
            slots.push((row.get::<_, i64>(0)?.unsigned_abs(), slot));
        }
        Ok(slots)
    }
}
