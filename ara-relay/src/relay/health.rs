//! Whether the store takes what is written.
//!
//! To find that out takes a write of its own, as nobody may be writing anything. It is small, and made now and then at
//! most. Where the disk is full, what is small may still go into room that the store has already; so what did not fit
//! counts for a while, too.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ara_protocol::MailboxId;

use crate::relay::Relay;
use crate::store::{Ending, Result, StoreError, Topic};

/// For how many seconds it counts that something was written.
const WELL: u64 = 30;

/// For how many seconds it counts that nothing could be.
const UNWELL: u64 = 1;

/// For how many seconds it counts that something did not fit on the disk.
const FULL: u64 = 60;

/// What is known of the store.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What became of the last write that was made to find out, and when that was.
    last: Option<(u64, Result<()>)>,
    /// When something did not fit on the disk.
    full_at: Option<u64>,
    /// Whether the store is not where it was opened.
    is_misplaced: bool,
}

impl Health {
    /// Notes why something could not be written.
    pub(super) fn note(&self, error: &StoreError, now: u64) {
        match error {
            StoreError::Full => self.known().full_at = Some(now),
            // Whether it was this write alone is found out when that is asked.
            StoreError::Failed { .. } => self.known().last = None,
            _ => {}
        }
    }

    /// Returns what is known at a time, or `None` if it is to be found out.
    fn told(&self, now: u64) -> Option<Result<()>> {
        let known = self.known();
        if known.full_at.is_some_and(|at| now.abs_diff(at) < FULL) {
            return Some(Err(StoreError::Full));
        }
        let (at, result) = known.last.as_ref()?;
        let life = if result.is_ok() { WELL } else { UNWELL };
        (now.abs_diff(*at) < life).then(|| result.clone())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Relay {
    /// Checks that the store can be written. It writes little, and does so each half a minute at most, unless something
    /// could not be written meanwhile.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Full`] if the disk is full, or was within the last minute, [`StoreError::Replaced`] if what is
    /// written goes into a file that was replaced or removed, and another error if the store fails.
    pub fn check_writing(&self) -> Result<()> {
        self.check_place()?;
        let now = self.now();
        if let Some(told) = self.health.told(now) {
            return told;
        }
        let result = self.write_something();
        if let Err(error) = &result {
            tracing::error!(%error, "the store cannot be written");
        }
        self.health.known().last = Some((now, result.clone()));
        result
    }

    /// Checks that the store is where it was opened, and logs it once if it is not.
    pub(super) fn check_place(&self) -> Result<()> {
        let result = self.store.check_place();
        let was_misplaced = {
            let mut known = self.health.known();
            std::mem::replace(&mut known.is_misplaced, result.is_err())
        };
        if let (Err(error), false) = (&result, was_misplaced) {
            tracing::error!("{error}");
        }
        result
    }

    /// Fills a box of a mailbox that nobody has, and drops it.
    fn write_something(&self) -> Result<()> {
        let mut id = [0; 16];
        if !(self.options.entropy)(&mut id) {
            return Err(StoreError::Failed { reason: "no randomness".to_owned() });
        }
        let id = MailboxId::from_bytes(id);
        self.store.write(Some(Topic::Mailbox(id)), &mut |transaction| {
            transaction.put_box(id, 0, b"written")?;
            transaction.drop_mailbox(id)?;
            Ok(Ending::Keep)
        })
    }
}
