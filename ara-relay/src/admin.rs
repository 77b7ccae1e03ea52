//! What whoever runs a relay does with its store: looks into it, decides about single spaces, copies and checks them.
//!
//! All of it goes while relays serve the store. The command `ara-relay admin` does nothing else.

mod check;
mod copy;
mod dropping;
#[cfg(test)]
mod tests;

pub use self::check::check;
pub use self::copy::{CopyError, copy, may_be_copied};
pub use self::dropping::{delete, drop_copy};

use ara_protocol::SpaceId;
use ara_protocol::access::Members;

use crate::options::RelayOptions;
use crate::relay::{Relay, read_members};
use crate::store::{
    Ending, Listing, Result, Space, SpaceState, Store, StoreError, Topic, Transaction,
};

/// A space, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSpace {
    /// The space.
    pub space: Space,
    /// How many segments it has that were not replaced.
    pub segments: u64,
    /// How many members it has, or `None` if its access log is damaged.
    pub members: Option<usize>,
}

/// Why something cannot be decided for a space.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The space is not there.
    #[error("there is no such space in this store")]
    NotThere,

    /// A member has deleted the space.
    #[error("a member has deleted this space: nothing is left to decide")]
    Deleted,

    /// The space is served.
    #[error(
        "this space is open: close it by `admin close` first, so that its devices are not in the middle of something"
    )]
    Served,

    /// The space is being copied here.
    #[error(
        "this space was not copied whole: run the same copy again, or drop what is there by `admin drop-copy`"
    )]
    Incomplete,

    /// The space is no copy that broke off.
    #[error(
        "this space is whole, so nothing of it was dropped: see `admin delete` if it is to be gone all the same"
    )]
    Whole,

    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lists spaces, deleted ones too, at most `most` of them.
///
/// # Errors
///
/// Returns an error if the store fails.
pub fn list(store: &dyn Store, listing: Listing, most: usize) -> Result<Vec<ListedSpace>> {
    read(store, |transaction| {
        let spaces = transaction.spaces(listing, most)?;
        let with_counts = |space: Space| {
            let members = match members_of(transaction, &space) {
                Ok(members) => members.map(|members| members.iter().count()),
                Err(StoreError::Damaged { .. }) => None,
                Err(error) => return Err(error),
            };
            let segments = transaction.count_segments(space.key)?;
            Ok(ListedSpace { space, segments, members })
        };
        spaces.into_iter().map(with_counts).collect()
    })
}

/// Returns the ids of all spaces.
///
/// # Errors
///
/// Returns an error if the store fails.
pub fn all(store: &dyn Store) -> Result<Vec<SpaceId>> {
    const AT_ONCE: usize = 1024;
    let mut ids: Vec<SpaceId> = vec![];
    loop {
        let after = Listing::After(ids.last().copied());
        let page = read(store, |transaction| transaction.spaces(after, AT_ONCE))?;
        let is_last = page.len() < AT_ONCE;
        ids.extend(page.iter().map(|space| space.key.id));
        if is_last {
            return Ok(ids);
        }
    }
}

/// Gives a space a quota of its own, or the relay's again.
///
/// # Errors
///
/// Returns an error if the space is not there or was deleted, or if the store fails.
pub fn set_quota(
    store: &dyn Store,
    space: SpaceId,
    quota: Option<u64>,
) -> std::result::Result<(), AdminError> {
    decide(store, space, |_, space| {
        space.quota = quota;
        Ok(())
    })
}

/// Closes a space: each request is refused, and who listens for news hears none. All that is there stays, except for
/// what devices that are just pairing have left for each other.
///
/// # Errors
///
/// Returns an error if the space is not there or was deleted, or if the store fails.
pub fn close(store: &dyn Store, space: SpaceId) -> std::result::Result<(), AdminError> {
    decide(store, space, |transaction, space| {
        space.state = SpaceState::Closed;
        for (mailbox, _) in transaction.mailboxes(space.key, 0)? {
            transaction.drop_mailbox(mailbox)?;
        }
        Ok(())
    })
}

/// Opens a space that was closed.
///
/// # Errors
///
/// Returns an error if the space is not there or was deleted, or if the store fails.
pub fn open(store: &dyn Store, space: SpaceId) -> std::result::Result<(), AdminError> {
    decide(store, space, |_, space| {
        space.state = SpaceState::Open;
        Ok(())
    })
}

/// Drops what has expired and what deleted spaces have left, and gives all room back that the store does not need.
///
/// # Errors
///
/// Returns an error if the store fails.
pub fn vacuum(store: &std::sync::Arc<dyn Store>) -> Result<()> {
    Relay::over(store.clone(), RelayOptions::default())?.tidy()?;
    store.vacuum()
}

fn decide(
    store: &dyn Store,
    id: SpaceId,
    mut change: impl FnMut(&mut dyn Transaction, &mut Space) -> Result<()>,
) -> std::result::Result<(), AdminError> {
    let mut outcome = Err(AdminError::NotThere);
    store.write(Some(Topic::Space(id)), &mut |transaction| {
        outcome = match transaction.space(id)? {
            None => Err(AdminError::NotThere),
            Some(space) if space.is_deleted => Err(AdminError::Deleted),
            Some(space) if space.state == SpaceState::Arriving => Err(AdminError::Incomplete),
            Some(mut space) => {
                change(transaction, &mut space)?;
                transaction.put_space(&space)?;
                Ok(())
            }
        };
        Ok(Ending::Keep)
    })?;
    store.tell(Topic::Space(id));
    outcome
}

/// Reads in a transaction that sees one state.
fn read<T>(store: &dyn Store, mut job: impl FnMut(&mut dyn Transaction) -> Result<T>) -> Result<T> {
    let mut outcome = None;
    store.read(&mut |transaction| {
        outcome = Some(job(transaction)?);
        Ok(Ending::Keep)
    })?;
    outcome.ok_or(StoreError::BrokeOff)
}

/// Returns who the members of a space are, or `None` if it has no access log.
fn members_of(transaction: &mut dyn Transaction, space: &Space) -> Result<Option<Members>> {
    read_members(transaction, space, None)
}
