//! The handle to one watch, which whoever runs the watched query holds.

use std::sync::{Arc, TryLockError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::database::Database;
use crate::database::shared::Shared;
use crate::error::{Error, Result};
use crate::file::readers::{Readers, data_version};
use crate::model::table_ref::TableRef;
use crate::watch::host::Host;
use crate::watch::listener::Listener;
use crate::watch::reads::interest;
use crate::watch::signal::{Signal, Waited};
use crate::watch::watches::{Purpose, Watches};

/// Tells when a commit has touched what some statements read. It does not keep the database open.
///
/// It leaves the watch when it is dropped.
#[derive(Debug)]
pub struct Subscription {
    shared: Weak<Shared>,
    watches: Arc<Watches>,
    signal: Arc<Signal>,
    number: Option<u64>,
}

/// How long [`Subscription::wait`] waits.
#[derive(Debug)]
pub enum Until<'a> {
    /// Waits until a commit touches what is read.
    Touched,
    /// Waits until then, or until this time.
    Time(Instant),
    /// Does not wait. A commit that touches what is read wakes the waker.
    Woken(&'a Waker),
}

impl Database {
    /// Watches what these statements read of these tables. The first wait returns at once.
    ///
    /// `named` lists, by a table's stored name, the only rows of it that the statements read, because each
    /// of them has a condition on the ids.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    #[doc(hidden)]
    pub fn subscribe(
        &self,
        tables: &[TableRef],
        statements: &[&str],
        named: &[(String, Vec<Uuid>)],
    ) -> Result<Subscription> {
        self.make_ready_to_read(tables)?;
        self.0.watches.join(&self.0, Purpose::Read)?;
        let mut subscription = Subscription {
            shared: Arc::downgrade(&self.0),
            watches: Arc::clone(&self.0.watches),
            signal: Arc::new(Signal::new()),
            number: None,
        };
        let interest = self.with_searches(tables, || match self.0.watches.observing() {
            Some(observer) => observer.with(|connection| interest(connection, statements, named)),
            None => {
                let mut writer = self.0.lock_writer_to_read()?;
                let connection = writer.guard.connection.as_mut().ok_or(Error::Corrupt)?;
                interest(connection, statements, named)
            }
        })?;
        let signal = Arc::clone(&subscription.signal);
        subscription.number = Some(self.0.watches.add(interest, signal));
        Ok(subscription)
    }

    /// Checks the file for commits of others now, as the observer's thread does at intervals, and wakes the
    /// watches that they touch.
    #[doc(hidden)]
    pub fn look_for_commits(&self) {
        if let Some(observer) = self.0.watches.observing() {
            self.0.watches.see(&observer, &Arc::downgrade(&self.0));
        }
    }
}

impl Host for Shared {
    fn readers(&self) -> Option<&Readers> {
        self.readers.as_ref()
    }

    fn watch_interval(&self) -> Duration {
        self.options.watch_interval
    }

    fn others_wrote(&self) -> Option<bool> {
        let writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(writer)) => writer.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let (Some(connection), Some(known)) = (&writer.connection, &writer.journal) else {
            return Some(true);
        };
        Some(data_version(connection).map_or(true, |now| now != known.data_version))
    }
}

impl Subscription {
    /// Returns the database, or [`Error::Closed`] if it was closed.
    #[cfg(feature = "text")]
    pub(crate) fn database(&self) -> Result<Database> {
        self.shared.upgrade().map(Database).ok_or(Error::Closed)
    }

    /// Calls a function whenever a commit touches what the statements read, at most once until [`wait`](Self::wait)
    /// has returned the database, and when the database is closed. It is called at once if that is so already.
    pub fn on_change(&self, changed: impl Fn() + Send + Sync + 'static) {
        self.signal.on_change(Listener(Arc::new(changed)));
    }

    /// Waits until a commit has touched what the statements read since this last returned the database, and
    /// returns the database. Returns `None` if the time is over, or if the waker will be woken.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Closed`] once the last handle of the database is dropped, and
    /// [`Error::InsideTransaction`] in a thread that runs a transaction, as it would wait for itself.
    pub fn wait(&self, until: Until<'_>) -> Result<Option<Database>> {
        let database = Database(self.shared.upgrade().ok_or(Error::Closed)?);
        database.0.refuse_inside_transaction()?;
        drop(database);
        let waited = match until {
            Until::Touched => self.signal.wait(None),
            Until::Time(time) => self.signal.wait(Some(time)),
            Until::Woken(waker) => self.signal.poll(waker),
        };
        match waited {
            Waited::Marked => Ok(Some(Database(self.shared.upgrade().ok_or(Error::Closed)?))),
            Waited::NotMarked => Ok(None),
            Waited::Closed => Err(Error::Closed),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.watches.remove(number);
        }
        self.watches.leave(Purpose::Read);
    }
}
