//! Watching queries.

use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, Instant};

use ara_core::{Database, Error, Reading, Result, Source, Subscription, TableRef, Until, Uuid};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::digest::RowsDigest;
use crate::run::reader::{Next, each_row};
use crate::untyped::clauses::{Clauses, Statement};
use crate::untyped::named_rows::named_rows;

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
        self.clauses.check()?;
        let named = named_rows(&self.clauses, S::MEMBERS);
        let (is_cut, is_exact) = (self.clauses.is_cut(), self.clauses.is_exact());
        let tables = self.clauses.tables(S::MEMBERS);
        let select = self.clauses.rows(S::MEMBERS);
        let nearly = (!is_exact).then(|| select.nearly());
        let exactly = (is_exact || is_cut).then(|| select.exactly());
        Watched { tables, nearly, exactly, many: None, collect: collect::<R> }
            .watch(self.source, &named)
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
pub(crate) struct Watched<O> {
    pub tables: Vec<TableRef>,
    /// As `all` runs them: nearly, unless only the exact statement will do; and then exactly, if rows were
    /// left out that a limit has counted.
    pub nearly: Option<Statement>,
    pub exactly: Option<Statement>,
    /// The rows that are read for each of the others, if there are such.
    pub many: Option<Clauses>,
    pub collect: fn(Reading<'_>, &Statement, Option<&Clauses>) -> Result<Collected<O>>,
}

/// What was read.
pub(crate) struct Collected<O> {
    pub rows: Vec<O>,
    /// A row was left out because a narrowed column of it cannot be read.
    pub is_left_out: bool,
    /// Of the values that are stored.
    pub digest: u128,
}

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
    /// `named`: of these tables, only these rows are read.
    pub(crate) fn watch(
        self,
        source: &dyn Source,
        named: &[(String, Vec<Uuid>)],
    ) -> Result<Watch<O>> {
        let database = source.watchable().ok_or(Error::WatchedTransaction)?;
        self.watch_with(database, None, named)
    }

    /// As [`watch`](Self::watch), where one more statement is run.
    pub(crate) fn watch_with(
        self,
        database: &Database,
        more: Option<&Statement>,
        named: &[(String, Vec<Uuid>)],
    ) -> Result<Watch<O>> {
        let statements = self.nearly.iter().chain(&self.exactly).chain(more);
        let statements: Vec<_> = statements.map(|statement| statement.sql.as_str()).collect();
        let subscription = database.subscribe(&self.tables, &statements, named)?;
        Ok(Watch { subscription, query: self, shown: None, runs: 0 })
    }

    fn run(&self, database: &Database) -> Result<(Vec<O>, u128)> {
        let mut collected = Collected { rows: Vec::new(), is_left_out: true, digest: 0 };
        for statement in self.nearly.iter().chain(&self.exactly) {
            if collected.is_left_out {
                database.read(&self.tables, &mut |reading| {
                    collected = (self.collect)(reading, statement, self.many.as_ref())?;
                    Ok(())
                })?;
            }
        }
        Ok((collected.rows, collected.digest))
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
