//! Mailboxes, through which devices pair.

use ara_protocol::message::Refusal;
use ara_protocol::message::mailbox::{BOXES, MailboxRequest};
use ara_protocol::pairing::LONGEST_BOX;
use ara_protocol::{MailboxId, SpaceId};

use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::{Done, Relay};
use crate::store::{KeptMailbox, Topic, Transaction};

/// For how many seconds a mailbox is open.
const LIFE: u64 = 600;

/// The most mailboxes that a space has at a time.
const MOST_MAILBOXES: usize = 8;

impl Relay {
    pub(super) fn mailbox(&self, asked: &Asked<'_>) -> Result<Done, Fault> {
        match MailboxRequest::read(asked.content())? {
            MailboxRequest::Open { mailbox, signer, .. } => {
                self.write(asked.topic(), |transaction| {
                    let space = self.standing(transaction, asked)?.space.key;
                    let expires = self.now().saturating_add(LIFE);
                    self.open(transaction, mailbox, KeptMailbox { space, signer, expires })
                })?;
                Ok(vec![].into())
            }
            MailboxRequest::Put { mailbox, index, sealed } => {
                if sealed.len() > LONGEST_BOX {
                    return Err(Refusal::TooLarge.into());
                }
                let is_new = self.write(Some(Topic::Mailbox(mailbox)), |transaction| {
                    self.opened(transaction, asked, mailbox)?;
                    match transaction.boxed(mailbox, index)? {
                        None => transaction.put_box(mailbox, index, &sealed)?,
                        Some(before) if before == sealed => return Ok(false),
                        Some(_) => return Err(Refusal::Malformed.into()),
                    }
                    Ok(true)
                })?;
                if is_new {
                    self.tell(Topic::Mailbox(mailbox));
                }
                Ok(vec![].into())
            }
            MailboxRequest::Get { mailbox, index, wait } => {
                let found = self.read(|transaction| {
                    self.opened(transaction, asked, mailbox)?;
                    Ok(transaction.boxed(mailbox, index)?)
                })?;
                let wait_seconds = if found.is_none() { wait } else { 0 };
                Ok(Done { content: found.unwrap_or_default(), wait_seconds })
            }
            _ => Err(Refusal::UpdateNeeded.into()),
        }
    }

    /// Opens a mailbox. The same again keeps what is in it.
    fn open(
        &self,
        transaction: &mut dyn Transaction,
        id: MailboxId,
        mailbox: KeptMailbox,
    ) -> Result<(), Fault> {
        let now = self.now();
        match transaction.mailbox(id)? {
            Some(before) if before.expires > now => {
                let is_same = (before.space, before.signer) == (mailbox.space, mailbox.signer);
                return if is_same { Ok(()) } else { Err(Refusal::Malformed.into()) };
            }
            Some(_) => transaction.drop_mailbox(id)?,
            None => {}
        }
        let mailboxes = transaction.mailboxes(mailbox.space, now)?;
        if let Some((_, first)) = mailboxes.first().filter(|_| mailboxes.len() >= MOST_MAILBOXES) {
            let Some(unused) = unused(transaction, &mailboxes)? else {
                let retry_after = u32::try_from(first.saturating_sub(now)).unwrap_or(u32::MAX);
                return Err(Refusal::Limited { retry_after }.into());
            };
            transaction.drop_mailbox(unused)?;
        }
        Ok(transaction.open_mailbox(id, &mailbox)?)
    }

    /// Checks that a mailbox is open, and that who signed has its keys.
    fn opened(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        id: MailboxId,
    ) -> Result<(), Fault> {
        debug_assert_eq!(SpaceId::from_bytes(*id.as_bytes()), asked.space());
        let mailbox = transaction.mailbox(id)?;
        let is_open = mailbox
            .is_some_and(|mailbox| mailbox.signer == asked.signer && mailbox.expires > self.now());
        if is_open { Ok(()) } else { Err(Refusal::Unknown.into()) }
    }
}

/// Returns the oldest of these mailboxes that nobody needs: one in which all boxes are, or else one into which nobody
/// has put anything, as its code was shown and not used.
fn unused(
    transaction: &mut dyn Transaction,
    mailboxes: &[(MailboxId, u64)],
) -> Result<Option<MailboxId>, Fault> {
    for (index, is_filled) in [(BOXES - 1, true), (0, false)] {
        for (mailbox, _) in mailboxes {
            if transaction.boxed(*mailbox, index)?.is_some() == is_filled {
                return Ok(Some(*mailbox));
            }
        }
    }
    Ok(None)
}
