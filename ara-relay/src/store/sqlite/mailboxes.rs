//! Mailboxes.

use ara_protocol::keys::MemberKey;
use ara_protocol::{MailboxId, SpaceId};
use rusqlite::{OptionalExtension, params};

use crate::store::error::{Result, StoreError};
use crate::store::sqlite::{Sqlite, array, stored};
use crate::store::{KeptMailbox, Mailboxes, Mark, SpaceKey};

impl Sqlite<'_> {
    /// Returns how many boxes of a mailbox are filled, if it is there.
    pub(super) fn mailbox_mark(&self, id: MailboxId) -> Result<Option<Mark>> {
        let mut query = self.0.prepare_cached(
            "SELECT (SELECT count(*) FROM box WHERE mailbox = ?1) FROM mailbox WHERE id = ?1",
        )?;
        let filled =
            query.query_row([&id.as_bytes()[..]], |row| row.get::<_, i64>(0)).optional()?;
        Ok(filled.map(|filled| [filled.unsigned_abs(), 0, 0, 0]))
    }
}

impl Mailboxes for Sqlite<'_> {
    fn mailbox(&mut self, id: MailboxId) -> Result<Option<KeptMailbox>> {
        let mut query = self.0.prepare_cached(
            "SELECT space, space.id, signer, expires FROM mailbox JOIN space ON space.key = space
             WHERE mailbox.id = ?1",
        )?;
        let raw = query.query_row([&id.as_bytes()[..]], |row| {
            let space = (row.get(0)?, row.get::<_, Vec<u8>>(1)?);
            Ok((space, row.get::<_, Vec<u8>>(2)?, row.get::<_, i64>(3)?))
        });
        let Some(((row, space), signer, expires)) = raw.optional()? else { return Ok(None) };
        let space = SpaceKey { id: SpaceId::from_bytes(array(space, "a mailbox")?), row };
        let signer = MemberKey::from_bytes(array(signer, "a mailbox")?);
        let signer = signer.map_err(|_| StoreError::Damaged { what: "a mailbox" })?;
        Ok(Some(KeptMailbox { space, signer, expires: expires.unsigned_abs() }))
    }

    fn open_mailbox(&mut self, id: MailboxId, mailbox: &KeptMailbox) -> Result<()> {
        self.0.prepare_cached("INSERT INTO mailbox VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            &id.as_bytes()[..],
            mailbox.space.row,
            &mailbox.signer.as_bytes()[..],
            stored(mailbox.expires)
        ])?;
        Ok(())
    }

    fn mailboxes(&mut self, space: SpaceKey, now: u64) -> Result<Vec<(MailboxId, u64)>> {
        let mut query = self.0.prepare_cached(
            "SELECT id, expires FROM mailbox WHERE space = ?1 AND expires > ?2 ORDER BY expires",
        )?;
        let rows = query
            .query_map([space.row, stored(now)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (id, expires) = row?;
            Ok((MailboxId::from_bytes(array(id, "a mailbox")?), expires.unsigned_abs()))
        })
        .collect()
    }

    fn boxed(&mut self, id: MailboxId, index: u8) -> Result<Option<Vec<u8>>> {
        let mut query =
            self.0.prepare_cached("SELECT sealed FROM box WHERE mailbox = ?1 AND number = ?2")?;
        let sealed = query.query_row(params![&id.as_bytes()[..], index], |row| row.get(0));
        Ok(sealed.optional()?)
    }

    fn put_box(&mut self, id: MailboxId, index: u8, sealed: &[u8]) -> Result<()> {
        self.0.prepare_cached("INSERT INTO box VALUES (?1, ?2, ?3)")?.execute(params![
            &id.as_bytes()[..],
            index,
            sealed
        ])?;
        Ok(())
    }

    fn drop_mailbox(&mut self, id: MailboxId) -> Result<()> {
        for statement in ["DELETE FROM box WHERE mailbox = ?1", "DELETE FROM mailbox WHERE id = ?1"]
        {
            self.0.prepare_cached(statement)?.execute([&id.as_bytes()[..]])?;
        }
        Ok(())
    }

    fn drop_expired_mailboxes(&mut self, now: u64) -> Result<()> {
        for statement in [
            "DELETE FROM box WHERE mailbox IN (SELECT id FROM mailbox WHERE expires <= ?1)",
            "DELETE FROM mailbox WHERE expires <= ?1",
        ] {
            self.0.prepare_cached(statement)?.execute([stored(now)])?;
        }
        Ok(())
    }
}
