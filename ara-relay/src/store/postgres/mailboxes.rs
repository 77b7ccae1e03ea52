//! Mailboxes.

use ara_protocol::keys::MemberKey;
use ara_protocol::{MailboxId, SpaceId};
use tokio_postgres::Row;

use crate::store::error::Result;
use crate::store::postgres::session::values;
use crate::store::postgres::spaces::{key, member};
use crate::store::postgres::{Postgres, array, get, number, stored};
use crate::store::{KeptMailbox, Mailboxes, SpaceKey};

const MAILBOX: &str = "a mailbox";

impl Mailboxes for Postgres<'_> {
    fn mailbox(&mut self, id: MailboxId) -> Result<Option<KeptMailbox>> {
        let sql = match self.held {
            Some(_) => "SELECT space, signer, expires FROM ara_mailbox WHERE id = $1 FOR UPDATE",
            None => "SELECT space, signer, expires FROM ara_mailbox WHERE id = $1",
        };
        let Some(row) = self.session.row(sql, &[&&id.as_bytes()[..]])? else { return Ok(None) };
        let signer: MemberKey = member(get(&row, 1)?, MAILBOX)?;
        let space = key(SpaceId::from_bytes(array(&row, 0, MAILBOX)?));
        Ok(Some(KeptMailbox { space, signer, expires: number(&row, 2)? }))
    }

    fn open_mailbox(&mut self, id: MailboxId, mailbox: &KeptMailbox) -> Result<()> {
        self.session.send(
            "INSERT INTO ara_mailbox VALUES ($1, $2, $3, $4)",
            values![
                id.as_bytes().to_vec(),
                mailbox.space.id.as_bytes().to_vec(),
                mailbox.signer.as_bytes().to_vec(),
                stored(mailbox.expires)
            ],
        )
    }

    fn mailboxes(&mut self, space: SpaceKey, now: u64) -> Result<Vec<(MailboxId, u64)>> {
        let sql = "SELECT id, expires FROM ara_mailbox WHERE space = $1 AND expires > $2 ORDER BY expires";
        let rows = self.session.rows(sql, &[&&space.id.as_bytes()[..], &stored(now)])?;
        let read =
            |row: &Row| Ok((MailboxId::from_bytes(array(row, 0, MAILBOX)?), number(row, 1)?));
        rows.iter().map(read).collect()
    }

    fn boxed(&mut self, id: MailboxId, index: u8) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT sealed FROM ara_box WHERE mailbox = $1 AND number = $2";
        let row = self.session.row(sql, &[&&id.as_bytes()[..], &i32::from(index)])?;
        row.map(|row| get(&row, 0)).transpose()
    }

    fn put_box(&mut self, id: MailboxId, index: u8, sealed: &[u8]) -> Result<()> {
        self.session.send(
            "INSERT INTO ara_box VALUES ($1, $2, $3)",
            values![id.as_bytes().to_vec(), i32::from(index), sealed.to_vec()],
        )
    }

    fn drop_mailbox(&mut self, id: MailboxId) -> Result<()> {
        // Who fills a box has locked its mailbox: so no box is filled after its mailbox is gone, and is left.
        for sql in
            ["DELETE FROM ara_mailbox WHERE id = $1", "DELETE FROM ara_box WHERE mailbox = $1"]
        {
            self.session.send(sql, values![id.as_bytes().to_vec()])?;
        }
        Ok(())
    }

    fn drop_expired_mailboxes(&mut self, now: u64) -> Result<()> {
        // First the mailboxes, as above.
        let sql = "DELETE FROM ara_mailbox WHERE expires <= $1 RETURNING id";
        let rows = self.session.rows(sql, &[&stored(now)])?;
        let ids = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Vec<u8>>>>()?;
        if ids.is_empty() {
            return Ok(());
        }
        self.session.send("DELETE FROM ara_box WHERE mailbox = ANY($1)", values![ids])
    }
}
