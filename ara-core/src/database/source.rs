//! What queries read from: a database, or a transaction.

use rusqlite::Connection;

use crate::database::handle::Database;
use crate::error::Result;
use crate::model::table_ref::TableRef;

/// What queries read from: a [`Database`](Source), or a [`Transaction`](Source)
/// and what it has written.
pub trait Source {
    /// Runs `read` on a connection in which these tables exist. `read` must run no code of the
    /// user's unless `Reading::is_private`.
    #[doc(hidden)]
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()>;

    /// The database, if what is read from can be watched.
    #[doc(hidden)]
    fn watchable(&self) -> Option<&Database> {
        None
    }
}

impl<'a> Reading<'a> {
    /// One state of the file, whatever is committed meanwhile.
    pub(crate) fn snapshot(&self) -> Result<rusqlite::Transaction<'a>> {
        Ok(self.connection.unchecked_transaction()?)
    }
}

/// A connection lent for reading.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Whether nothing else uses the connection meanwhile: rows can be handed to the user's code
    /// while the statement is running. Otherwise collect them first.
    pub is_private: bool,
}
