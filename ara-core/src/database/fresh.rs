//! Transactions that have written nothing yet.

use std::cell::RefMut;
use std::sync::Arc;

use rusqlite::Connection;

use crate::database::Database;
use crate::database::transaction::{State, Transaction};
use crate::error::Result;
use crate::rows::plan::Plan;

/// A transaction that has written nothing yet. Code that needs the change log as it was committed takes one.
pub(crate) struct FreshTransaction<'t, 'c>(&'t Transaction<'c>);

impl Database {
    /// Runs a closure in a transaction that has written nothing yet.
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

    /// Returns the plans of the tables that are [known](Transaction::lensed) to have columns which replace others.
    pub(crate) fn lensed(&self) -> Result<Vec<Arc<Plan>>> {
        self.0.lensed()
    }

    /// Returns the state to write with. The transaction is not fresh any more.
    pub(crate) fn into_state(self) -> RefMut<'t, State<'c>> {
        self.0.state.borrow_mut()
    }
}
