//! What queries read from: a database, a transaction, or the past.

use rusqlite::Connection;

use crate::database::Database;
use crate::error::Result;
use crate::model::table_ref::TableRef;

/// What a query can read from: a [`Database`], a [`Transaction`](crate::Transaction), which sees its own
/// writes, or the [`Past`](crate::Past).
pub trait Source {
    /// Runs `read` on a connection in which these tables exist. Unless [`Reading::is_private`], `read` must
    /// not call the app's code, which could use the connection too.
    #[doc(hidden)]
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Returns the database if queries of this source can be watched.
    #[doc(hidden)]
    fn watchable(&self) -> Option<&Database> {
        None
    }
}

impl<'a> Reading<'a> {
    /// Begins a read transaction, which sees one state of the file, whatever is committed meanwhile.
    pub(crate) fn snapshot(&self) -> Result<rusqlite::Transaction<'a>> {
        Ok(self.connection.unchecked_transaction()?)
    }
}

/// A connection lent for reading.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Whether nothing else uses the connection meanwhile. Then rows can be passed to the app's code while
    /// the statement is running; otherwise they must be collected first.
    pub is_private: bool,
}
