//! One watch, as who runs the query holds it.

use std::sync::{Arc, TryLockError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::database::handle::{Database, Shared};
use crate::error::{Error, Result};
use crate::file::readers::{Readers, data_version};
use crate::model::table_ref::TableRef;
use crate::watch::host::Host;
use crate::watch::reads::interest;
use crate::watch::signal::{Signal, Waited};
use crate::watch::watches::Watches;

/// Tells when a commit has touched what some statements read. It does not keep the database open.
#[derive(Debug)]
pub struct Subscription {
    shared: Weak<Shared>,
    watches: Arc<Watches>,
    signal: Arc<Signal>,
    number: Option<u64>,
}

/// How long to wait.
#[derive(Debug)]
pub enum Until<'a> {
    /// For ever.
    Touched,
    /// Until a time.
    Time(Instant),
    /// Not at all: the waker is woken.
    Woken(&'a Waker),
}

impl Database {
    /// Watches what these statements read of these tables. They are touched from the start.
    ///
    /// `named`: of a table, by its stored name, the statements read these rows alone, each of them
    /// having a condition that says so.
    ///
    /// # Errors
    ///
    /// The tables cannot be made ready, or SQLite refuses a statement.
    #[doc(hidden)]
    pub fn subscribe(
        &self,
        tables: &[TableRef],
        statements: &[&str],
        named: &[(String, Vec<Uuid>)],
    ) -> Result<Subscription> {
        for table in tables {
            self.plan(*table)?;
        }
        self.0.watches.join(&self.0, self.applies_what_is_due())?;
        let mut subscription = Subscription {
            shared: Arc::downgrade(&self.0),
            watches: Arc::clone(&self.0.watches),
            signal: Arc::new(Signal::new()),
            number: None,
        };
        let interest = match self.0.watches.observing() {
            Some(observer) => {
                observer.with(|connection| interest(connection, statements, named))?
            }
            None => {
                let mut writer = self.0.lock_writer()?;
                let connection = writer.guard.connection.as_mut().ok_or(Error::Corrupt)?;
                interest(connection, statements, named)?
            }
        };
        let signal = Arc::clone(&subscription.signal);
        subscription.number = Some(self.0.watches.add(interest, signal));
        Ok(subscription)
    }

    /// Returns what a watch does before it looks at the file. It holds a handle for no longer than it must: it
    /// would keep the database open.
    fn applies_what_is_due(&self) -> impl FnMut() + Send + use<> {
        let (ahead, clock) = (Arc::clone(&self.0.ahead), Arc::clone(&self.0.options.clock));
        let (is_read_only, shared) = (self.0.options.read_only, Arc::downgrade(&self.0));
        move || {
            if !is_read_only && ahead.calls(&*clock) {
                shared.upgrade().into_iter().for_each(|it| Self(it).apply_now());
            }
        }
    }

    /// Looks now for what others have committed to the file, and tells who watches it: what a thread
    /// does again and again.
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

    /// The writer knows.
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
    /// Waits until what the statements read was touched since this returned the database last. `None`
    /// where the time is over, or the waker will be woken.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the last handle of the database is gone, and
    /// [`Error::InsideTransaction`] in a thread that is writing: it would wait for itself.
    pub fn wait(&self, until: Until<'_>) -> Result<Option<Database>> {
        let database = Database(self.shared.upgrade().ok_or(Error::Closed)?);
        database.0.refuse_inside_transaction()?;
        database.apply_what_is_due();
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
        self.watches.leave();
    }
}
