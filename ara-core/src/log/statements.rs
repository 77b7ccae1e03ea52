//! The statements of one transaction.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Statement};

/// Statements that are held until the transaction ends: to look one up in the connection's cache for
/// each row would cost a tenth of the row.
pub(crate) struct Statements<'c> {
    connection: &'c Connection,
    held: Vec<(Arc<str>, CachedStatement<'c>)>,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, held: Vec::new() }
    }

    /// The statement of this SQL. It holds the values that it was given last: bind them all.
    pub(crate) fn get(&mut self, sql: &Arc<str>) -> rusqlite::Result<&mut CachedStatement<'c>> {
        // There are a few for each table that the transaction writes.
        let at = match self.held.iter().position(|(held, _)| Arc::ptr_eq(held, sql)) {
            Some(at) => at,
            None => {
                self.held.push((Arc::clone(sql), self.connection.prepare_cached(sql)?));
                self.held.len() - 1
            }
        };
        Ok(&mut self.held[at].1)
    }
}

/// Binds a value without a copy of ara's own.
pub(crate) fn bind(
    statement: &mut Statement<'_>,
    parameter: usize,
    value: ValueRef<'_>,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(parameter, ToSqlOutput::Borrowed(value))
}
