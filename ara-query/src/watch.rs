//! Watching queries.

use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, Instant};

use ara_core::{Database, Error, Reading, Result, Source, Subscription, TableRef, Until};

use crate::clauses::Statement;
use crate::digest::RowsDigest;
use crate::named_rows::named_rows;
use crate::query::Query;
use crate::reader::{Next, each_row};
use crate::rows::Rows;
use crate::scope::Scope;

impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// Watches the query: gives its rows now, and again whenever a commit has changed them, be it of this
    /// process or of another. See [`Watch`].
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
    /// To watch the first row only, or how many there are, watch a query of that: one with
    /// [`limit(1)`](Self::limit), or [`aggregate(count())`](Self::aggregate).
    ///
    /// # Errors
    ///
    /// [`Error::WatchedTransaction`] if the query is one of a transaction; a table cannot be made ready, or
    /// a value of the query breaks a rule.
    pub fn watch(self) -> Result<Watch<R::Output>> {
        let database = self.source.watchable().ok_or(Error::WatchedTransaction)?;
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let named = named_rows(&self.clauses, S::MEMBERS);
        let (is_cut, is_exact) = (self.clauses.is_cut(), self.clauses.is_exact());
        let select = self.clauses.rows(S::MEMBERS);
        let nearly = if is_exact { None } else { Some(select.nearly()) };
        let exactly = if is_exact || is_cut { Some(select.exactly()) } else { None };
        let statements: Vec<_> = nearly.iter().chain(&exactly).map(|it| it.sql.as_str()).collect();
        let subscription = database.subscribe(&tables, &statements, &named)?;
        let query = Watched { tables, nearly, exactly, collect: collect::<R> };
        Ok(Watch { subscription, query, shown: None, runs: 0 })
    }
}

/// The newest rows of a query, again and again: what [`Query::watch`] gives.
///
/// The first result is there at once. After it, each comes when a commit has changed it: a commit that
/// touches no column, no row and no table that the query reads does not even run the query again, and a
/// result that is the one before is not given again. A result that nobody took before a newer one came is
/// passed over: who is slow gets the newest, and never a queue.
///
/// [`recv`](Self::recv) waits in the thread that calls it, and the query is run there: a watch costs no
/// thread of its own, and nothing while nobody asks. What this process commits is known at once. For what
/// others commit to the file one thread for all watches of a database looks at it, 20 times a second
/// unless [`Options`](ara_core::Options::watch_interval) say otherwise.
///
/// It does not keep the database open: once the last handle of it is dropped, the watch is over, also for
/// a thread that waits. With the feature `stream` it is a `Stream` too.
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
    /// The digest of the result that was given last.
    shown: Option<u128>,
    runs: u64,
}

/// The statements of a query, made once.
struct Watched<O> {
    tables: Vec<TableRef>,
    /// As `all` runs them: nearly, unless only the exact statement will do; and then exactly, if rows were
    /// left out that a limit has counted.
    nearly: Option<Statement>,
    exactly: Option<Statement>,
    collect: Collect<O>,
}

/// Reads the rows: whether one was left out because a narrowed column of it cannot be read, and a digest
/// of the others.
type Collect<O> = fn(Reading<'_>, &Statement, &mut Vec<O>) -> Result<(bool, u128)>;

/// # Errors
///
/// What running the query fails with. The watch goes on after that: with the next commit that touches what
/// it reads. [`Error::Closed`] once the last handle of the database is dropped, and
/// [`Error::InsideTransaction`] in a thread that is inside a transaction of it.
impl<O> Watch<O> {
    /// Waits for the next result.
    ///
    /// # Errors
    ///
    /// The query fails, or the database was closed.
    pub fn recv(&mut self) -> Result<Vec<O>> {
        loop {
            if let Some(rows) = self.newest(|| Until::Touched)? {
                return Ok(rows);
            }
        }
    }

    /// Waits for the next result so long at most: `None` if there is none until then.
    ///
    /// # Errors
    ///
    /// The query fails, or the database was closed.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Vec<O>>> {
        // A time that no clock shows is never over.
        let end = Instant::now().checked_add(timeout);
        self.newest(|| end.map_or(Until::Touched, Until::Time))
    }

    /// The next result, if it is there.
    ///
    /// # Errors
    ///
    /// The query fails, or the database was closed.
    pub fn try_recv(&mut self) -> Result<Option<Vec<O>>> {
        self.recv_timeout(Duration::ZERO)
    }

    /// How often the query was run.
    #[doc(hidden)]
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Runs the query when it was touched, until that gives another result.
    pub(crate) fn newest<'u>(&mut self, until: impl Fn() -> Until<'u>) -> Result<Option<Vec<O>>> {
        loop {
            let Some(database) = self.subscription.wait(until())? else { return Ok(None) };
            self.runs += 1;
            // After an error whatever is there is news.
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
    fn run(&self, database: &Database) -> Result<(Vec<O>, u128)> {
        let mut rows = Vec::new();
        let mut digest = 0;
        let mut is_left_out = true;
        for statement in self.nearly.iter().chain(&self.exactly) {
            if is_left_out {
                database.read(&self.tables, &mut |reading| {
                    (is_left_out, digest) = (self.collect)(reading, statement, &mut rows)?;
                    Ok(())
                })?;
            }
        }
        Ok((rows, digest))
    }
}

fn collect<R: Rows>(
    reading: Reading<'_>,
    statement: &Statement,
    rows: &mut Vec<R::Output>,
) -> Result<(bool, u128)> {
    rows.clear();
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
    Ok((is_left_out, digest.finish()))
}

/// Waits for each result, and ends when the database is closed.
impl<O> Iterator for Watch<O> {
    type Item = Result<Vec<O>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.recv() {
            Err(Error::Closed) => None,
            result => Some(result),
        }
    }
}

impl<O> FusedIterator for Watch<O> {}

/// The SQL, with a `?` for each value.
impl<O> fmt::Debug for Watch<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statement = self.query.exactly.as_ref().or(self.query.nearly.as_ref());
        write!(f, "Watch({})", statement.map_or("", |statement| &statement.sql))
    }
}
