//! Dropping all that a store has of a space.
//!
//! For its members this is no deletion, of which a tombstone would remain that one of them has signed. The store is as if
//! it had lost the space, and takes it again from whoever has it.

use ara_protocol::{Cursor, SpaceId};

use crate::admin::AdminError;
use crate::store::{Ending, Space, SpaceState, Store, Topic};

/// Where the log of a space ends that is being dropped. No log ends so.
const NO_CHAIN: [u8; 32] = [0; 32];

/// Returns whether dropping a space has begun.
pub(super) fn is_half_dropped(space: &Space) -> bool {
    space.state == SpaceState::Arriving && space.end.chain == NO_CHAIN
}

/// Drops what there is of a copy that broke off and is not to go on. A space that was copied whole is left alone.
///
/// # Errors
///
/// Returns [`AdminError::NotThere`] if the space is not there, [`AdminError::Whole`] if it was copied whole or is no copy,
/// and [`AdminError::Store`] if the store fails.
pub fn drop_copy(store: &dyn Store, id: SpaceId) -> Result<(), AdminError> {
    drop_all_of(store, id, |space| match space.state {
        SpaceState::Arriving => Ok(()),
        SpaceState::Open | SpaceState::Closed => Err(AdminError::Whole),
    })
}

/// Drops all that there is of a space that is closed. Its devices found it again if they are admitted, and send what they
/// have; what none of them has is lost. If this breaks off, it goes on when it is called again. What a copy has left that
/// broke off is dropped by [`drop_copy`].
///
/// # Errors
///
/// Returns [`AdminError::NotThere`] if the space is not there, [`AdminError::Served`] if it is open,
/// [`AdminError::Incomplete`] if it was not copied whole, [`AdminError::Deleted`] if a member has deleted it, of which the
/// tombstone must stay, and [`AdminError::Store`] if the store fails.
pub fn delete(store: &dyn Store, id: SpaceId) -> Result<(), AdminError> {
    drop_all_of(store, id, |space| match space.state {
        SpaceState::Arriving if is_half_dropped(space) => Ok(()),
        SpaceState::Arriving => Err(AdminError::Incomplete),
        _ if space.is_deleted => Err(AdminError::Deleted),
        SpaceState::Open => Err(AdminError::Served),
        SpaceState::Closed => Ok(()),
    })
}

/// Drops all that there is of a space that may be dropped, a little at a time, so that others are answered in between.
fn drop_all_of(
    store: &dyn Store,
    id: SpaceId,
    may_be_dropped: impl Fn(&Space) -> Result<(), AdminError>,
) -> Result<(), AdminError> {
    let (mut has_begun, mut is_more) = (false, true);
    while is_more {
        let mut outcome = Ok(false);
        store.write(Some(Topic::Space(id)), &mut |transaction| {
            let Some(mut space) = transaction.space(id)? else {
                outcome = if has_begun { Ok(false) } else { Err(AdminError::NotThere) };
                return Ok(Ending::Keep);
            };
            if let Err(refused) = may_be_dropped(&space) {
                outcome = Err(refused);
                return Ok(Ending::Keep);
            }
            // Nobody is served the rest, and no copy goes on from there if this breaks off.
            space.state = SpaceState::Arriving;
            space.end = Cursor { number: space.end.number.max(1), chain: NO_CHAIN };
            transaction.put_space(&space)?;
            outcome = Ok(transaction.drop_some_of(space.key)?);
            Ok(Ending::Keep)
        })?;
        (has_begun, is_more) = (true, outcome?);
    }
    store.tell(Topic::Space(id));
    Ok(())
}
