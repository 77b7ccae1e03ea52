//! The watches of a database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::error::Result;
use crate::log::place::ChangeNumber;
use crate::rows::touched::Touched;
use crate::trace::event;
use crate::watch::host::Host;
use crate::watch::interest::{Interest, TableInterest};
use crate::watch::listener::Listener;
use crate::watch::log_position::FileState;
use crate::watch::observer::{Observer, Seen};
use crate::watch::signal::Signal;

/// How long at least until the file is looked at again while nothing is on a screen: who only listens is not in a hurry,
/// and otherwise idle.
const WITHOUT_WATCHES: Duration = Duration::from_secs(1);

/// The watches of one database.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// How many there are, or are about to be. Every transaction reads it, so no lock guards it.
    count: AtomicUsize,
    watching: Mutex<Watching>,
    /// The observer of the file, which exists while there are watches. A database in memory has none.
    observer: Mutex<Option<Arc<Observer>>>,
}

#[derive(Debug, Default)]
struct Watching {
    /// The number of the last watch or listener.
    last: u64,
    all: HashMap<u64, Watched>,
    /// The watches that read a table, by its ordinal. A commit visits only the tables that it touched.
    by_table: HashMap<i64, Vec<(u64, TableInterest)>>,
    /// Who hears of each commit that wrote into the log. These count as watches, too.
    listeners: HashMap<u64, Listener>,
}

/// One watch.
#[derive(Debug)]
struct Watched {
    signal: Arc<Signal>,
    tables: Vec<i64>,
    has_local: bool,
    anything: bool,
}

impl Watches {
    /// Returns whether there are any. Otherwise a transaction need not collect what it touches.
    pub(crate) fn are_there(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// Counts a watch that is about to be added. The first one starts the observer of the file.
    pub(crate) fn join<H: Host>(self: &Arc<Self>, host: &Arc<H>) -> Result<()> {
        let mut observer = self.observer();
        if observer.is_none()
            && let Some(readers) = host.readers()
        {
            let new = Arc::new(Observer::new(readers)?);
            // The thread holds a weak reference, as a handle would keep the database open.
            let (watches, weak) = (Arc::clone(self), Arc::downgrade(host));
            let (looking, asked) = (Arc::clone(&new), Arc::clone(self));
            let usual = host.watch_interval();
            let interval = move || match asked.watching().all.is_empty() {
                true => usual.max(WITHOUT_WATCHES),
                false => usual,
            };
            // The thread need not be joined: it ends once the observer is stopped.
            let _ = new.start(interval, move || {
                watches.see(&looking, &weak);
            })?;
            *observer = Some(new);
        }
        // This happens under the lock, so that another watch that leaves does not stop the observer.
        self.count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Uncounts a watch. The last one stops the observer.
    pub(crate) fn leave(&self) {
        let mut observer = self.observer();
        if self.count.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(observer) = observer.take()
        {
            observer.stop();
        }
    }

    /// Adds a watch, and returns its number. From now on, a commit that meets the interest marks the signal.
    pub(crate) fn add(&self, interest: Interest, signal: Arc<Signal>) -> u64 {
        let mut watching = self.watching();
        watching.last += 1;
        let number = watching.last;
        let tables = interest.tables.iter().map(|table| table.ordinal).collect();
        for table in interest.tables {
            watching.by_table.entry(table.ordinal).or_default().push((number, table));
        }
        let Interest { has_local, anything, .. } = interest;
        let is_first = watching.all.is_empty();
        watching.all.insert(number, Watched { signal, tables, has_local, anything });
        drop(watching);
        if is_first && let Some(observer) = self.observing() {
            observer.hasten();
        }
        number
    }

    /// Removes a watch.
    pub(crate) fn remove(&self, number: u64) {
        let mut watching = self.watching();
        let Some(removed) = watching.all.remove(&number) else { return };
        for table in removed.tables {
            if let Some(watches) = watching.by_table.get_mut(&table) {
                watches.retain(|(watch, _)| *watch != number);
            }
        }
    }

    /// Adds a listener, and returns its number. From now on, it is called after each commit that writes into the log.
    pub(crate) fn listen(&self, listener: Listener) -> u64 {
        let mut watching = self.watching();
        watching.last += 1;
        let number = watching.last;
        watching.listeners.insert(number, listener);
        number
    }

    /// Removes a listener.
    pub(crate) fn unlisten(&self, number: u64) {
        let removed = self.watching().listeners.remove(&number);
        // What the callback owns is dropped without the lock.
        drop(removed);
    }

    /// Ends all watches, as the database is closed.
    pub(crate) fn close(&self) {
        let observer = self.observer().take();
        if let Some(observer) = observer {
            observer.stop();
        }
        let signals: Vec<_> = self.watching().signals(|_| true).collect();
        signals.iter().for_each(|signal| signal.close());
    }

    /// Returns the observer of the file, if there is one.
    pub(crate) fn observing(&self) -> Option<Arc<Observer>> {
        if self.are_there() { self.observer().clone() } else { None }
    }

    /// Tells the observer that others have written before this database's next changes.
    pub(crate) fn meet_others(&self) {
        if let Some(observer) = self.observing() {
            observer.own().meet_others();
        }
    }

    /// Commits, and tells the observer which changes are this database's own: the numbers of the first and
    /// the last, and the state of the file, if the commit may change it.
    pub(crate) fn commit<E>(
        &self,
        logged: Option<(ChangeNumber, ChangeNumber)>,
        state: Option<FileState>,
        commit: impl FnOnce() -> Result<usize, E>,
    ) -> Result<(), E> {
        let Some(observer) = self.observing() else { return commit().map(drop) };
        let announced = observer.own().announce(logged, state);
        match commit() {
            Ok(_) => observer.own().meet_commit(),
            Err(error) => {
                observer.own().withdraw(announced);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Marks the watches that a commit touches. `None` stands for a transaction that began before there was
    /// a watch, and so did not collect what it touched.
    ///
    /// This may run the app's code, so the caller must hold no lock.
    pub(crate) fn tell(&self, touched: Option<Touched>) {
        if self.are_there() {
            self.mark(&touched.unwrap_or_else(Touched::everything), false);
        }
    }

    /// Checks the file for commits of others, and marks the watches that they touch.
    pub(crate) fn see<H: Host>(&self, observer: &Observer, host: &Weak<H>) {
        if let Some(Seen { touched, local }) = observer.look(host) {
            self.mark(&touched, local);
        }
    }

    /// Marks the watches whose interest meets what was touched, and calls the listeners if something was logged.
    /// `local` says whether local tables were touched.
    fn mark(&self, touched: &Touched, local: bool) {
        if touched.is_empty() && !local {
            return;
        }
        let watching = self.watching();
        let listeners: Vec<_> = match touched.is_logged {
            true => watching.listeners.values().cloned().collect(),
            false => Vec::new(),
        };
        let mut signals: Vec<_> = watching
            .signals(|watched| touched.everything || watched.anything || local && watched.has_local)
            .collect();
        for touched in &touched.tables {
            let Some(watches) = watching.by_table.get(&touched.ordinal) else { continue };
            let met = watches.iter().filter(|(_, interest)| interest.meets(touched));
            let met = met.filter_map(|(number, _)| watching.all.get(number));
            signals.extend(met.map(|watched| Arc::clone(&watched.signal)));
        }
        drop(watching);
        event!(DEBUG, "woke watches", watches = signals.len());
        signals.iter().for_each(|signal| signal.mark());
        listeners.iter().for_each(|Listener(call)| call());
    }

    fn watching(&self) -> MutexGuard<'_, Watching> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observer(&self) -> MutexGuard<'_, Option<Arc<Observer>>> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watching {
    /// Returns the signals of the watches that a predicate selects.
    fn signals(&self, which: impl Fn(&Watched) -> bool) -> impl Iterator<Item = Arc<Signal>> {
        self.all
            .values()
            .filter(move |watched| which(watched))
            .map(|watched| watched.signal.clone())
    }
}
