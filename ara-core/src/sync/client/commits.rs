//! Telling `ara-sync` of commits.

use std::sync::Arc;

use crate::database::Database;
use crate::error::Result;
use crate::watch::listener::Listener;
use crate::watch::watches::Watches;

/// Keeps a callback registered that [`Database::on_commit`] was given, until it is dropped. It does not keep the
/// database open.
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "the callback is called only as long as this is kept"]
pub struct CommitListener {
    watches: Arc<Watches>,
    number: u64,
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Database {
    /// Calls a callback after each commit that wrote changes into the log: of this database, of another one that is
    /// opened on the same file, or of another process. Such commits of others are looked for as often as watches need,
    /// or once a second while there is none, so several of them may be one call. A call may also come without a new
    /// change.
    ///
    /// The callback is called in the thread that has committed, or that looks for commits, while no lock is held. It
    /// should only wake another thread.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn on_commit(&self, callback: Arc<dyn Fn() + Send + Sync>) -> Result<CommitListener> {
        let watches = Arc::clone(&self.0.watches);
        watches.join(&self.0)?;
        let number = watches.listen(Listener(callback));
        Ok(CommitListener { watches, number })
    }
}

impl Drop for CommitListener {
    fn drop(&mut self) {
        self.watches.unlisten(self.number);
        self.watches.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use super::*;
    use crate::database::written::Given;
    use crate::exchange::vector::VersionVector;

    /// Counts the calls.
    #[derive(Default)]
    struct Calls(AtomicUsize);

    impl Calls {
        fn of(db: &Database) -> Result<(Arc<Self>, CommitListener)> {
            let calls = Arc::new(Self::default());
            let called = Arc::clone(&calls);
            let listener = db.on_commit(Arc::new(move || {
                called.0.fetch_add(1, Ordering::SeqCst);
            }))?;
            Ok((calls, listener))
        }

        fn take(&self) -> usize {
            self.0.swap(0, Ordering::SeqCst)
        }
    }

    fn write(db: &Database, row: u8) -> Result<()> {
        db.write_row("todo", row, &[Given::text("title", "Buy milk")])
    }

    #[test]
    fn own_commits_are_told_until_the_listener_is_dropped() -> Result<()> {
        let db = Database::for_test()?;
        let (calls, listener) = Calls::of(&db)?;
        let (others, _kept) = Calls::of(&db)?;
        write(&db, 1)?;
        assert_eq!((calls.take(), others.take()), (1, 1));
        db.sync_write(|_| Ok(()))?;
        db.transaction(|_| Ok(()))?;
        assert_eq!(calls.take(), 0);
        drop(listener);
        write(&db, 2)?;
        assert_eq!((calls.take(), others.take()), (0, 1));
        Ok(())
    }

    #[test]
    fn a_merge_is_told_if_it_brings_something() -> Result<()> {
        let other = Database::options().seed(2).memory()?;
        write(&other, 1)?;
        let db = Database::for_test()?;
        let (calls, _listener) = Calls::of(&db)?;
        for told in [1, 0] {
            for changes in other.changes_since(&VersionVector::default())? {
                db.merge(&changes?)?;
            }
            assert_eq!(calls.take(), told);
        }
        Ok(())
    }

    #[test]
    fn commits_of_others_are_told() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.db");
        // The thread that looks for commits never does so here.
        let never = Duration::from_secs(1 << 30);
        let db = Database::options().watch_interval(never).open(&path)?;
        write(&db, 1)?;
        let (calls, _listener) = Calls::of(&db)?;
        db.look_for_commits();
        assert_eq!(calls.take(), 0);
        let other = Database::open(&path)?;
        write(&other, 2)?;
        db.look_for_commits();
        assert_eq!(calls.take(), 1);
        // What is local to the file is nobody else's business. That there are new tables is told once.
        other.sync_write(|_| Ok(()))?;
        db.look_for_commits();
        calls.take();
        other.sync_write(|sync| Ok(sync.execute("INSERT INTO ara_sync VALUES ('a', 1)", [])?))?;
        db.look_for_commits();
        assert_eq!(calls.take(), 0);
        write(&db, 3)?;
        db.look_for_commits();
        assert_eq!(calls.take(), 1);
        Ok(())
    }

    #[test]
    fn the_callback_may_use_the_database_and_drop_its_listener() -> Result<()> {
        let db = Database::for_test()?;
        let held: Arc<Mutex<Option<CommitListener>>> = Arc::default();
        let (inside, used) = (Arc::clone(&held), db.clone());
        let listener = db.on_commit(Arc::new(move || {
            assert_eq!(used.version_vector().map(|vector| vector.len()).ok(), Some(1));
            drop(inside.lock().unwrap_or_else(PoisonError::into_inner).take());
        }))?;
        *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        write(&db, 1)?;
        assert!(held.lock().unwrap_or_else(PoisonError::into_inner).is_none());
        assert!(!db.0.watches.are_there());
        write(&db, 2)
    }
}
