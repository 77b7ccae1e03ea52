//! The prepared statements of one transaction, and how values are bound.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Statement};

/// Prepared statements that are held until the transaction ends. Looking one up in the connection's
/// cache for each row would take a tenth of the time that the row takes.
pub(crate) struct Statements<'c> {
    connection: &'c Connection,
    held: Vec<(Arc<str>, CachedStatement<'c>)>,
}

/// How many statements are held. A transaction that takes turns between more of them gets them from the
/// connection's cache, which is bounded, too.
const MOST: usize = 16;

impl<'c> Statements<'c> {
    /// Holds no statement yet.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, held: Vec::new() }
    }

    /// Returns the statement of this SQL. The values that were bound last are still bound: the caller
    /// must bind every parameter.
    pub(crate) fn get(&mut self, sql: &Arc<str>) -> rusqlite::Result<&mut CachedStatement<'c>> {
        // A search is fast enough among so few.
        let at = match self.held.iter().position(|(held, _)| Arc::ptr_eq(held, sql)) {
            Some(at) => at,
            None => {
                if self.held.len() >= MOST {
                    self.held.clear();
                }
                self.held.push((Arc::clone(sql), self.connection.prepare_cached(sql)?));
                self.held.len() - 1
            }
        };
        Ok(&mut self.held[at].1)
    }
}

/// Binds a value without copying it first.
pub(crate) fn bind(
    statement: &mut Statement<'_>,
    parameter: usize,
    value: ValueRef<'_>,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(parameter, ToSqlOutput::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_statements_are_held() -> rusqlite::Result<()> {
        let connection = Connection::open_in_memory()?;
        let mut statements = Statements::new(&connection);
        let all: Vec<Arc<str>> = (0..100).map(|number| format!("SELECT {number}").into()).collect();
        for _ in 0..3 {
            for (sql, expected) in all.iter().zip(0..) {
                for _ in 0..2 {
                    let found: i64 = statements.get(sql)?.query_row([], |row| row.get(0))?;
                    assert_eq!(found, expected);
                }
                assert!(statements.held.len() <= MOST);
            }
        }
        Ok(())
    }
}
