//! Transactions that have written nothing yet.

use std::cell::RefMut;

use rusqlite::Connection;

use crate::database::handle::Database;
use crate::database::transaction::{State, Transaction};
use crate::error::Result;

/// A transaction that has written nothing yet, but what was due when it began. What it is used for may
/// rely on it that the log is as it was committed.
pub(crate) struct FreshTransaction<'t, 'c>(&'t Transaction<'c>);

impl Database {
    /// Runs a closure in a transaction of its own.
    pub(crate) fn fresh_transaction<R>(
        &self,
        run: impl FnOnce(FreshTransaction<'_, '_>) -> Result<R>,
    ) -> Result<R> {
        self.transaction(|tx| run(FreshTransaction(tx)))
    }
}

impl<'t, 'c> FreshTransaction<'t, 'c> {
    pub(crate) fn connection(&self) -> &'c Connection {
        self.0.connection
    }

    /// Begins to write: the transaction is fresh no more.
    pub(crate) fn into_state(self) -> RefMut<'t, State<'c>> {
        self.0.state.borrow_mut()
    }
}
