//! What queries read from: a database, a transaction, or the past.

use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;
use send_wrapper::SendWrapper;

use crate::database::Database;
use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
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

    /// Runs `write` in a transaction: in this one, or in one of its own.
    #[doc(hidden)]
    fn write(&self, write: &mut dyn FnMut(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let _ = write;
        Err(Error::OnlyNow { what: "what is updated or deleted".to_owned() })
    }

    /// Returns the source as queries hold it.
    #[doc(hidden)]
    fn handle(&self) -> Handle<'_>
    where
        Self: Sized,
    {
        Handle(Held::Here(Arc::new(SendWrapper::new(self))))
    }
}

/// A source as queries hold it. It can be sent to other threads, also if the source is a transaction, which can be read
/// only in its own.
#[doc(hidden)]
#[derive(Clone)]
pub struct Handle<'s>(Held<'s>);

#[derive(Clone)]
enum Held<'s> {
    /// A source that any thread may read.
    Shared(&'s (dyn Source + Sync)),
    /// A database, which this keeps open.
    Owned(Database),
    /// A source of the thread that made this.
    Here(Arc<SendWrapper<&'s dyn Source>>),
}

impl<'s> Handle<'s> {
    /// Returns the handle of a source that any thread may read.
    pub fn shared(source: &'s (dyn Source + Sync)) -> Self {
        Self(Held::Shared(source))
    }

    /// Returns a handle that keeps a database open.
    #[must_use]
    pub fn owned(database: Database) -> Handle<'static> {
        Handle(Held::Owned(database))
    }

    /// Returns the source.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherThread`] if it can be read only in another thread.
    pub fn get(&self) -> Result<&dyn Source> {
        match &self.0 {
            Held::Shared(source) => Ok(*source),
            Held::Owned(database) => Ok(database),
            Held::Here(source) if source.valid() => Ok(***source),
            Held::Here(_) => Err(Error::OtherThread),
        }
    }
}

impl fmt::Debug for Handle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
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
