//! Watching queries.

use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, Instant};

use ara_core::{
    Database, Error, Handle, Reading, Result, Source, Subscription, TableRef, Until, Uuid,
};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::digest::RowsDigest;
use crate::run::reader::{Next, each_row, in_turn};
use crate::untyped::clauses::Clauses;
use crate::untyped::named_rows::named_rows;
use crate::untyped::statement::Statement;

impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// Watches the query. The [`Watch`] gives its rows now, and again whenever a commit of this process or of
    /// another one has changed them.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: Option<bool> }
    ///
    /// let db = Database::memory()?;
    /// let open = db.query::<Todo>().filter(Todo::done.ne(true)).select(Todo::title);
    /// let mut open = open.watch()?;
    /// assert!(open.recv()?.is_empty());
    ///
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// assert_eq!(open.recv()?, [Some("Buy milk".to_owned())]);
    /// db.update(Todo::patch(milk).done(true))?;
    /// assert!(open.recv()?.is_empty());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// To watch only the first row, or the number of rows, watch a query that asks for just that: with
    /// [`limit(1)`](Self::limit), or with [`aggregate(count())`](Self::aggregate).
    ///
    /// # Errors
    ///
    /// Returns [`Error::WatchedTransaction`] if the query is one of a transaction or of the past, and the
    /// errors of [`all`](Self::all).
    pub fn watch(self) -> Result<Watch<R::Output>> {
        self.clauses.check()?;
        let named = named_rows(&self.clauses, S::MEMBERS);
        let tables = self.clauses.tables(S::MEMBERS);
        let statements = self.clauses.rows(S::MEMBERS).in_turn().collect();
        Watched { tables, statements, many: None, collect: collect::<R> }.watch(
            &self.source,
            &[],
            &named,
        )
    }
}

/// The results of a query as they change: see [`Query::watch`].
///
/// The first result is there at once. Each later one comes when a commit has changed the rows. A commit
/// that touches no table, column or row that the query reads does not run it again, and a result that
/// equals the one before is not given again. Results do not queue up: a reader that is slow gets the newest
/// one, and those in between are skipped.
///
/// [`recv`](Self::recv) waits in the thread that calls it, and runs the query there. A watch has no thread of
/// its own, and does no work until it is asked. Commits of this process are noticed at once. For commits of
/// other processes, one thread for all watches of a database looks at the file, 20 times a second unless
/// [`Options::watch_interval`](ara_core::Options::watch_interval) is set.
///
/// A change that another program makes, which is not ara, is noticed as well, and every query is run for it, as nothing
/// tells what it changed. If another process commits by ara at the same moment, it is noticed by the next such change.
///
/// A watch does not keep the database open. Once the last handle of the database is dropped, the watch ends,
/// also for a thread that waits for it. A loop over a watch waits for each result, and with the feature `stream`, a watch
/// is a `Stream`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// let db = Database::memory()?;
/// let watch = db.query::<Todo>().narrow(Todo::title).watch()?;
/// let screen = std::thread::spawn(move || -> ara::Result<usize> {
///     let mut lines = 0;
///     for todos in watch {
///         lines = todos?.len();
///     }
///     Ok(lines)
/// });
/// db.create(Todo::draft().title("Buy milk"))?;
/// drop(db);
/// assert!(screen.join().expect("does not panic")? <= 1);
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use = "a watch reads nothing until it is asked: call `recv`, or iterate"]
pub struct Watch<O> {
    subscription: Subscription,
    query: Watched<O>,
    /// The digest of the result that was given last. `None` before the first one, and after an error.
    shown: Option<u128>,
    runs: u64,
}

/// A query that is watched.
pub(crate) struct Watched<O> {
    pub tables: Vec<TableRef>,
    /// The statements that read the rows, which are run in turn.
    pub statements: Vec<Statement>,
    /// The query of the rows that refer to each row, if they are read too.
    pub many: Option<Clauses>,
    /// Runs a statement, and `many` with it.
    pub collect: fn(Reading<'_>, &Statement, Option<&Clauses>) -> Result<Collected<O>>,
}

/// What was read.
pub(crate) struct Collected<O> {
    pub rows: Vec<O>,
    /// Whether a row was left out because a narrowed column of it cannot be read.
    pub is_left_out: bool,
    /// The digest of the stored values of all rows.
    pub digest: u128,
}

impl<O> Watch<O> {
    /// Waits for the next result.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Closed`] once the last handle of the database is dropped;
    /// [`Error::InsideTransaction`] in a thread that is inside a transaction of the database; and the
    /// errors of [`Query::all`], after which the watch goes on with the next commit that touches what the
    /// query reads.
    pub fn recv(&mut self) -> Result<Vec<O>> {
        loop {
            if let Some(rows) = self.newest(|| Until::Touched)? {
                return Ok(rows);
            }
        }
    }

    /// Waits for the next result, and returns `None` if there is none within this time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Vec<O>>> {
        // If the end lies beyond what an `Instant` can hold, it is never reached.
        let end = Instant::now().checked_add(timeout);
        self.newest(|| end.map_or(Until::Touched, Until::Time))
    }

    /// Returns the next result, or `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Vec<O>>> {
        self.recv_timeout(Duration::ZERO)
    }

    /// Calls a function whenever there may be a newer result, so that no thread has to wait for it: once, until the
    /// result is taken by [`try_recv`](Self::try_recv) or the like, and once more when the database is closed. It is
    /// called at once if there may be one now, and replaces the function of an earlier call.
    ///
    /// The thread that commits calls it, after the commit. So it should do no more than to pass on that there is news,
    /// for example to the loop of a GUI, and not read the result itself. If it owns a handle to the database, that is kept
    /// open as long as there is the watch.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    ///
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let mut todos = db.query::<Todo>().watch()?;
    /// let (tell, told) = channel();
    /// todos.on_change(move || tell.send(()).unwrap_or_default());
    /// assert!(told.try_recv().is_ok());
    /// assert_eq!(todos.try_recv()?.map(|todos| todos.len()), Some(0));
    ///
    /// assert!(told.try_recv().is_err());
    /// db.create_all(["Buy milk", "Think"].map(|title| Todo::draft().title(title)))?;
    /// assert!(told.try_recv().is_ok());
    /// assert_eq!(todos.try_recv()?.map(|todos| todos.len()), Some(2));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn on_change(&self, changed: impl Fn() + Send + Sync + 'static) {
        self.subscription.on_change(changed);
    }

    /// Returns how many times the query was run.
    #[doc(hidden)]
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Waits for the next result, or returns `None` once the database is closed.
    fn until_closed(&mut self) -> Option<Result<Vec<O>>> {
        match self.recv() {
            Err(Error::Closed) => None,
            result => Some(result),
        }
    }

    /// Waits until a commit touches what the query reads, and runs it, until that gives a new result.
    pub(super) fn newest<'u>(&mut self, until: impl Fn() -> Until<'u>) -> Result<Option<Vec<O>>> {
        loop {
            let Some(database) = self.subscription.wait(until())? else { return Ok(None) };
            self.runs += 1;
            let shown = self.shown.take();
            let (rows, digest) = self.query.run(&database)?;
            self.shown = Some(digest);
            if shown != Some(digest) {
                return Ok(Some(rows));
            }
        }
    }
}

impl<O> Watched<O> {
    /// Begins to watch the query.
    ///
    /// - `more`: statements that `collect` runs besides.
    /// - `named`: the tables of which the query reads only rows with these ids.
    pub(crate) fn watch(
        self,
        source: &Handle<'_>,
        more: &[Statement],
        named: &[(String, Vec<Uuid>)],
    ) -> Result<Watch<O>> {
        let database = source.get()?.watchable().ok_or(Error::WatchedTransaction)?;
        let statements = self.statements.iter().chain(more);
        let statements: Vec<_> = statements.map(|statement| statement.sql.as_str()).collect();
        let subscription = database.subscribe(&self.tables, &statements, named)?;
        Ok(Watch { subscription, query: self, shown: None, runs: 0 })
    }

    /// Runs the query, and returns the rows and their digest.
    fn run(&self, database: &Database) -> Result<(Vec<O>, u128)> {
        in_turn(&self.statements, |statement| {
            let mut collected = Collected { rows: Vec::new(), is_left_out: false, digest: 0 };
            database.read(&self.tables, &mut |reading| {
                collected = (self.collect)(reading, statement, self.many.as_ref())?;
                Ok(())
            })?;
            let Collected { rows, is_left_out, digest } = collected;
            Ok(((rows, digest), is_left_out))
        })
    }
}

/// Reads the rows of a query.
pub(crate) fn collect<R: Rows>(
    reading: Reading<'_>,
    statement: &Statement,
    _: Option<&Clauses>,
) -> Result<Collected<R::Output>> {
    let mut rows = Vec::new();
    let mut is_left_out = false;
    let mut digest = RowsDigest::new();
    each_row(reading, statement, &mut |row| {
        match R::from_row(row) {
            Some(read) => {
                digest.row(row);
                rows.push(read);
            }
            None => is_left_out = true,
        }
        Ok(Next::Row)
    })?;
    Ok(Collected { rows, is_left_out, digest: digest.finish() })
}

/// The results of a [`Watch`], one after the other. It waits for each of them by [`recv`](Watch::recv), and ends when
/// the database is closed.
#[derive(Debug)]
pub struct Results<W>(W);

impl<O> Iterator for Results<Watch<O>> {
    type Item = Result<Vec<O>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.until_closed()
    }
}

impl<O> Iterator for Results<&mut Watch<O>> {
    type Item = Result<Vec<O>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.until_closed()
    }
}

impl<O> FusedIterator for Results<Watch<O>> {}

impl<O> FusedIterator for Results<&mut Watch<O>> {}

/// Waits for each result. A watch is no iterator itself, as it may be a `Stream`, whose methods have the same names.
impl<O> IntoIterator for Watch<O> {
    type Item = Result<Vec<O>>;
    type IntoIter = Results<Self>;

    fn into_iter(self) -> Results<Self> {
        Results(self)
    }
}

/// Waits for each result.
impl<'w, O> IntoIterator for &'w mut Watch<O> {
    type Item = Result<Vec<O>>;
    type IntoIter = Results<&'w mut Watch<O>>;

    fn into_iter(self) -> Results<&'w mut Watch<O>> {
        Results(self)
    }
}

/// Shows the SQL, with a `?` for each value.
impl<O> fmt::Debug for Watch<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statement = self.query.statements.last();
        write!(f, "Watch({})", statement.map_or("", |statement| &statement.sql))
    }
}
