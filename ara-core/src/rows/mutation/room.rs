//! Refusing writes that make a row too long.

use uuid::Uuid;

use crate::catalog::shape::columns_in_file;
use crate::error::{Error, Result};
use crate::log::row_clock::LeftOut;
use crate::model::cells::Kind;
use crate::names::{EDIT_PREFIX, quoted, stored_table_name};
use crate::rows::mutation::{Mutation, Write};
use crate::value::size::{LARGEST, LARGEST_WRITTEN, length};

impl Mutation<'_, '_> {
    /// Returns [`Error::TooLarge`] if writing would lengthen a row beyond what the app can, or if the log cannot hold
    /// the change. The row lacks the values that are `left_out`.
    pub(super) fn check_room(
        &self,
        id: Uuid,
        writes: &[Write<'_>],
        left_out: &[LeftOut],
    ) -> Result<()> {
        let slots = || writes.iter().filter_map(|write| self.plan.slots.get(write.slot));
        let is_written = |name: &str| slots().any(|slot| slot.name == name);
        let edits = || writes.iter().filter(|write| write.kind != Kind::Through);
        let is_edited = |name: &str| {
            let mut slots = edits().filter_map(|write| self.plan.slots.get(write.slot));
            slots.any(|slot| slot.name == name)
        };
        let mut stays = 0;
        let mut goes = 0;
        for (name, bytes) in self.lengths(id)? {
            let goes_with = match name.strip_prefix(EDIT_PREFIX) {
                // An edit takes the place of the one before.
                Some(name) => is_edited(name),
                None => is_written(&name),
            };
            *(if goes_with { &mut goes } else { &mut stays }) += bytes;
        }
        for (column, bytes) in left_out {
            let is_written = slots().any(|slot| slot.ordinal == *column);
            *(if is_written { &mut goes } else { &mut stays }) += bytes;
        }
        let comes: u64 = writes.iter().map(|write| length(write.value)).sum();
        match comes > LARGEST || comes > goes && stays + comes > LARGEST_WRITTEN {
            true => Err(self.too_large()),
            false => Ok(()),
        }
    }

    /// Returns how many bytes of text or blobs the columns of a row hold.
    fn lengths(&self, id: Uuid) -> Result<Vec<(String, u64)>> {
        let table = stored_table_name(self.plan.def);
        let present = columns_in_file(self.writing.connection, &table)?.ok_or(Error::Corrupt)?;
        let names: Vec<String> =
            present.into_keys().filter(|name| !["id", "ara_clock"].contains(&&**name)).collect();
        // SQLite knows the length without reading the value.
        let lengths = names.iter().map(|name| {
            let name = quoted(name);
            format!("iif(typeof({name}) IN ('text', 'blob'), octet_length({name}), 0)")
        });
        let lengths: Vec<String> = lengths.collect();
        let (lengths, table) = (lengths.join(", "), quoted(&table));
        let sql = format!("SELECT {lengths} FROM {table} WHERE \"id\" = ?1");
        let mut row = self.writing.connection.prepare(&sql)?;
        let mut row = row.query([id.as_bytes()])?;
        let row = row.next()?.ok_or(Error::Corrupt)?;
        let length = |(at, name)| Ok((name, row.get::<_, i64>(at)?.unsigned_abs()));
        names.into_iter().enumerate().map(length).collect()
    }
}
