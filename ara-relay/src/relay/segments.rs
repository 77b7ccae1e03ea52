//! Lists of heads, parts of segments, and parts that are staged.

use std::collections::BTreeMap;

use ara_protocol::message::segments::{
    HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest,
};
use ara_protocol::message::{LONGEST_ANSWER, Refusal};
use ara_protocol::request::hash_body;
use ara_protocol::segment::{LONGEST_PART, Outline};

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::entries::{MOST_AT_ONCE, Reading};
use crate::relay::fault::Fault;
use crate::relay::standing::Standing;
use crate::store::{Ending, Space, Topic, Transaction};

/// How many bytes of heads an answer has room for.
const MOST: usize = LONGEST_ANSWER - 4096;

/// For how many seconds a part is staged.
const STAGED_LIFE: u64 = 24 * 60 * 60;

/// How many spaces are tidied at once.
const SPACES_AT_ONCE: usize = 64;

impl Relay {
    pub(super) fn heads(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        let request = HeadsRequest::read(asked.content())?;
        if request.after == 0 && request.node.is_none() {
            self.note_heard(asked)?;
        }
        let answer = self.read(|transaction| {
            let space = self.standing(transaction, asked)?.space;
            let reading = Reading {
                after: request.after,
                node: request.node,
                pushed: &BTreeMap::new(),
                with_parts: false,
                budget: MOST_AT_ONCE,
                room: MOST,
            };
            let read = reading.read(transaction, &space)?;
            Ok(HeadsAnswer { entries: read.entries, end: space.end, is_more: read.is_more })
        })?;
        Ok(answer.to_bytes()?)
    }

    /// Notes that a member reads the log from its start, and so hears what of it was lost.
    fn note_heard(&self, asked: &Asked<'_>) -> Result<(), Fault> {
        let space = self.read(|transaction| {
            let space = self.standing(transaction, asked)?.space.key;
            Ok(transaction.is_unheard(space, asked.signer)?.then_some(space))
        })?;
        let Some(space) = space else { return Ok(()) };
        self.write(
            asked.topic(),
            |transaction| Ok(transaction.forget_unheard(space, asked.signer)?),
        )
    }

    pub(super) fn parts(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        let request = PartsRequest::read(asked.content())?;
        let parts = self.read(|transaction| {
            let space = self.standing(transaction, asked)?.space;
            let live = transaction.live(space.key, request.segment)?;
            let Some(live) = live.filter(|live| live.id == request.segment) else {
                return Ok(vec![]);
            };
            let outline = Outline::read(&transaction.head(space.key, live.number)?, live.id);
            let outline = outline.map_err(|_| Fault::Damaged(live.number))?;
            let count = u16::try_from(outline.part_count()).unwrap_or(u16::MAX);
            let (mut parts, mut size) = (vec![], 0);
            for index in request.from..count {
                if size + LONGEST_PART > MOST_AT_ONCE {
                    break;
                }
                let part = transaction.part(space.key, live.number, index)?;
                let part = part.filter(|part| outline.is_part(index.into(), part));
                let part = part.ok_or(Fault::Damaged(live.number))?;
                size += part.len() + 4;
                parts.push(part);
            }
            Ok(parts)
        })?;
        Ok(PartsAnswer { parts }.to_bytes()?)
    }

    pub(super) fn stage(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        let request = StageRequest::read(asked.content())?;
        if request.part.len() > LONGEST_PART {
            return Err(Refusal::TooLarge.into());
        }
        let hash = hash_body(&request.part);
        self.write(asked.topic(), |transaction| {
            let Standing { mut space, .. } = self.standing(transaction, asked)?;
            let now = self.now();
            let expires = now.saturating_add(STAGED_LIFE);
            drop_expired_parts(transaction, &mut space, now)?;
            // Also one that has expired, and is still there.
            if transaction.staged(space.key, &hash, 0)?.is_some() {
                transaction.renew_staged(space.key, &hash, expires)?;
            } else {
                let used = space.used + request.part.len() as u64;
                if used > self.quota(&space) {
                    return Err(self.full(&space).into());
                }
                space.used = used;
                transaction.stage(space.key, &hash, &request.part, expires)?;
            }
            space.last_use = now;
            Ok(transaction.put_space(&space)?)
        })?;
        Ok(vec![])
    }

    /// Drops what has expired, in all spaces.
    pub(super) fn drop_expired(&self) -> crate::store::Result<()> {
        let now = self.now();
        self.store.write(None, &mut |transaction| {
            transaction.drop_expired_mailboxes(now)?;
            Ok(Ending::Keep)
        })?;
        loop {
            let mut spaces = vec![];
            self.store.read(&mut |transaction| {
                spaces = transaction.with_expired_parts(now, SPACES_AT_ONCE)?;
                Ok(Ending::Keep)
            })?;
            if spaces.is_empty() {
                return Ok(());
            }
            for id in spaces {
                self.store.write(Some(Topic::Space(id)), &mut |transaction| {
                    if let Some(mut space) = transaction.space(id)? {
                        drop_expired_parts(transaction, &mut space, now)?;
                        transaction.put_space(&space)?;
                    }
                    Ok(Ending::Keep)
                })?;
            }
        }
    }
}

fn drop_expired_parts(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    now: u64,
) -> crate::store::Result<()> {
    let freed = transaction.drop_expired_parts(space.key, now)?;
    space.used = space.used.saturating_sub(freed);
    Ok(())
}
