//! Whether who signed may ask.

use std::sync::Arc;

use ara_protocol::Cursor;
use ara_protocol::access::Members;
use ara_protocol::message::{LONGEST_ANSWER, Refusal};
use ara_protocol::request::origin;

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::members::records_after;
use crate::store::{Space, SpaceState, StoreError, Transaction};

/// After how many seconds it is noted again that a space is used.
const A_DAY: u64 = 24 * 60 * 60;

/// More slots than are ever written.
const MOST_SLOTS_EVER: u64 = 1 << 48;

/// A space, and who is a member of it.
pub(super) struct Standing {
    pub(super) space: Space,
    pub(super) members: Arc<Members>,
}

impl Relay {
    /// Returns the space that a request of a member is about. One that has moved elsewhere is refused.
    pub(super) fn standing(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
    ) -> Result<Standing, Fault> {
        let standing = self.standing_wherever(transaction, asked)?;
        self.check_log(transaction, &standing.space)?;
        if self.is_elsewhere(&standing.members) {
            return Err(Refusal::Moved.into());
        }
        Ok(standing)
    }

    /// Returns the space that a request of a member is about, also if it has moved elsewhere.
    ///
    /// A space that is not here, and one whose member did not sign, are refused in the same way.
    pub(super) fn standing_wherever(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
    ) -> Result<Standing, Fault> {
        let found = self.find_space(transaction, asked)?;
        let standing = found.ok_or(Refusal::Unknown)?;
        let is_member = standing.members.get(asked.signer).is_some();
        if is_member { Ok(standing) } else { Err(Refusal::Unknown.into()) }
    }

    /// Returns the space that a request is about, whoever signed it. One that was deleted is refused.
    pub(super) fn find_space(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
    ) -> Result<Option<Standing>, Fault> {
        let Some(space) = transaction.space(asked.space())? else { return Ok(None) };
        if transaction.tombstone(space.key)?.is_some() != space.is_deleted {
            return Err(StoreError::Damaged { what: "a tombstone" }.into());
        }
        if space.is_deleted {
            return Err(deleted(transaction, &space)?.into());
        }
        if space.state != SpaceState::Open {
            return Err(Refusal::Closed.into());
        }
        if space.records == 0 {
            // All that was known of its members was damaged. Whoever is one brings it back.
            return Ok(None);
        }
        let number = transaction.record_number(space.key, space.access)?;
        let members = self.known.of(transaction, &space)?;
        let recovery = members.recovery().map(|recovery| recovery.keys().member());
        if number != Some(space.records) || space.recovery != recovery {
            return Err(StoreError::Damaged { what: "what is noted of an access log" }.into());
        }
        Ok(Some(Standing { space, members }))
    }

    /// Checks that what is noted of a log is what the log says, as far as that is seen at once.
    fn check_log(
        &self,
        transaction: &mut dyn Transaction,
        space: &Space,
    ) -> Result<(), StoreError> {
        let end = transaction.end_of_log(space.key)?;
        let end = end.unwrap_or_else(|| Cursor::start(space.key.id));
        // No space has more than all of them.
        let is_too_much =
            space.used > self.quota(space) && space.used > transaction.store_size()?;
        if end == space.end && space.slots <= MOST_SLOTS_EVER && !is_too_much {
            return Ok(());
        }
        Err(StoreError::Damaged { what: "what is noted of a log" })
    }

    /// Returns whether a space has moved to another relay.
    pub(super) fn is_elsewhere(&self, members: &Members) -> bool {
        members.relay().is_some_and(|relay| {
            !origin(relay).is_ok_and(|origin| self.options.origins.contains(&origin))
        })
    }

    /// Returns whether it is to be noted that a space is used.
    pub(super) fn is_use_news(&self, space: &Space) -> bool {
        self.now() >= space.last_use.saturating_add(A_DAY)
    }

    /// Returns how many bytes a space may have.
    pub(super) fn quota(&self, space: &Space) -> u64 {
        space.quota.unwrap_or(self.options.quota)
    }

    /// Returns the refusal of what there is no room for.
    pub(super) fn full(&self, space: &Space) -> Refusal {
        Refusal::Full { used: space.used, limit: self.quota(space) }
    }
}

fn deleted(transaction: &mut dyn Transaction, space: &Space) -> Result<Refusal, StoreError> {
    let tombstone = transaction.tombstone(space.key)?;
    let tombstone = tombstone.ok_or(StoreError::Damaged { what: "a tombstone" })?;
    Ok(Refusal::Deleted {
        audience: tombstone.audience,
        request: tombstone.request,
        records: records_after(transaction, space, 0, LONGEST_ANSWER)?,
    })
}
