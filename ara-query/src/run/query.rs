//! Running a query once.

use ara_core::{Error, Id, Result};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::reader::{Next, Reader, each_row, only};

/// # Running
///
/// These methods end a chain of clauses, and read the file. A table that is not in the file yet is made
/// first, and is empty.
impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// Returns all rows.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: bool }
    ///
    /// let db = Database::memory()?;
    /// for (title, done) in [("Buy milk", false), ("Think", true)] {
    ///     db.create(Todo::draft().title(title).done(done))?;
    /// }
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title);
    /// assert_eq!(todos.clone().all()?.len(), 2);
    /// assert_eq!(todos.clone().filter(Todo::done.eq(true)).one()?.title, "Think");
    /// assert_eq!(todos.clone().first()?.map(|todo| todo.title).as_deref(), Some("Buy milk"));
    /// assert!(todos.clone().exists()?);
    /// assert_eq!(todos.count()?, 2);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rule`] or [`Error::Parameter`] if a value in the query breaks a rule of its type;
    /// [`Error::NotSearched`] if the query takes [`rank`](crate::rank) or [`snippet`](crate::snippet)
    /// without a [`search`](Self::search); [`Error::Sqlite`] if SQLite refuses an expression that was given
    /// as SQL, or has to bind too many values; [`Error::Shape`], [`Error::TooManyColumns`] or
    /// [`Error::NotMade`] if a table cannot be made ready; [`Error::InsideTransaction`] if the database is
    /// asked in a transaction of its own; [`Error::OnlyNow`] or [`Error::Compacted`] if the past is asked
    /// for what it cannot tell; and [`Error::Corrupt`], [`Error::Busy`] or [`Error::Io`] if the file cannot
    /// be read.
    pub fn all(self) -> Result<Vec<R::Output>> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let select = self.clauses.rows(S::MEMBERS);
        Reader { source: &self.source, tables: &tables }.rows::<R>(select.in_turn())
    }

    /// Returns the first row in the query's order, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn first(mut self) -> Result<Option<R::Output>> {
        self.clauses.at_most(1);
        Ok(self.all()?.pop())
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotOne`] if there is no row, or more than one; and the errors of [`all`](Self::all).
    pub fn one(mut self) -> Result<R::Output> {
        self.clauses.at_most(2);
        only(self.all()?)
    }

    /// Returns the row whose first table has this id, or `None` if it is not among the rows of the query,
    /// whose limit and offset do not count here. If a join makes several rows of it, the first in the query's
    /// order is returned.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// let todos = db.query::<Todo>().narrow(Todo::title);
    /// assert_eq!(todos.clone().find(milk)?.expect("is there").title, "Buy milk");
    ///
    /// db.delete(milk)?;
    /// assert!(todos.find(milk)?.is_none());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn find(mut self, id: Id<S::First>) -> Result<Option<R::Output>> {
        self.clauses.find(id);
        Ok(self.all()?.into_iter().next())
    }

    /// Calls a function with each row, and stops at its first error.
    ///
    /// The rows of a database in a file are handed on while they are read, so that many rows take little
    /// memory. Those of a database in memory, of a transaction or of the past are all read first.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// db.create_all(["Think", "Rest"].map(|title| Todo::draft().title(title)))?;
    /// let mut letters = 0;
    /// db.query::<Todo>().narrow(Todo::title).for_each(|todo| {
    ///     letters += todo.title.len();
    ///     Ok(())
    /// })?;
    /// assert_eq!(letters, 9);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the function, and the errors of [`all`](Self::all).
    pub fn for_each(self, each: impl FnMut(R::Output) -> Result<()>) -> Result<()> {
        self.try_for_each(each)
    }

    /// Calls a function with each row as [`for_each`](Self::for_each) does, with errors of the function's own
    /// type.
    ///
    /// # Errors
    ///
    /// Returns the error of the function, and the errors of [`all`](Self::all), converted to its type.
    pub fn try_for_each<E: From<Error>>(
        self,
        mut each: impl FnMut(R::Output) -> Result<(), E>,
    ) -> Result<(), E> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.rows(S::MEMBERS).at_once();
        let mut outcome = Ok(());
        let mut rows = Vec::new();
        self.source.get()?.read(&tables, &mut |reading| {
            rows.clear();
            each_row(reading, &statement, &mut |row| {
                let Some(row) = R::from_row(row) else { return Ok(Next::Row) };
                if !reading.is_private {
                    rows.push(row);
                    return Ok(Next::Row);
                }
                outcome = each(row);
                Ok(if outcome.is_ok() { Next::Row } else { Next::Nothing })
            })
        })?;
        outcome?;
        rows.into_iter().try_for_each(each)
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn count(self) -> Result<u64> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.count(S::MEMBERS);
        Reader { source: &self.source, tables: &tables }.number(&statement)
    }

    /// Returns whether there is a row.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn exists(mut self) -> Result<bool> {
        self.clauses.check()?;
        self.clauses.at_most(1);
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.something_of_each(S::MEMBERS);
        let mut exists = false;
        self.source.get()?.read(&tables, &mut |reading| {
            exists = false;
            each_row(reading, &statement, &mut |_| {
                exists = true;
                Ok(Next::Nothing)
            })
        })?;
        Ok(exists)
    }
}
