//! A store that fails when a test wants it to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{Job, Result, Store, StoreError, Topic};
use crate::testing::stores::{TestStore, test_store};

/// A store that can be read and written unless it is told to fail.
pub(crate) struct Failing {
    store: TestStore,
    reads: Mutex<Option<StoreError>>,
    writes: Mutex<Option<StoreError>>,
}

/// Reads that wait until this is dropped.
pub(crate) struct Held<'a>(#[expect(dead_code)] MutexGuard<'a, Option<StoreError>>);

impl Failing {
    pub(crate) fn new() -> Self {
        Self { store: test_store(), reads: Mutex::default(), writes: Mutex::default() }
    }

    /// Has all reads fail, or none.
    pub(crate) fn fail_reads(&self, by: Option<StoreError>) {
        *self.reads.lock().unwrap_or_else(PoisonError::into_inner) = by;
    }

    /// Has all reads wait.
    pub(crate) fn hold_reads(&self) -> Held<'_> {
        Held(self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has all writes fail, or none.
    pub(crate) fn fail_writes(&self, by: Option<StoreError>) {
        *self.writes.lock().unwrap_or_else(PoisonError::into_inner) = by;
    }
}

fn fails(by: &Mutex<Option<StoreError>>) -> Result<()> {
    let by = by.lock().unwrap_or_else(PoisonError::into_inner);
    by.clone().map_or(Ok(()), Err)
}

impl Store for Failing {
    fn read(&self, job: Job<'_>) -> Result<()> {
        fails(&self.reads).and_then(|()| self.store.read(job))
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()> {
        fails(&self.writes).and_then(|()| self.store.write(about, job))
    }

    fn shrink(&self) -> Result<()> {
        self.store.shrink()
    }

    fn size(&self) -> Result<u64> {
        fails(&self.reads).and_then(|()| self.store.size())
    }
}
