//! Running queries.

use ara_core::{Error, Id, Result};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::reader::{Next, Reader, each_row, only};

/// # Errors
///
/// All of these fail if the file cannot be read, and with [`Error::Rule`] or [`Error::Parameter`] if a
/// value that was given to the query breaks a rule of its type. No row is an error, except to
/// [`one`](Self::one).
impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// All rows.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn all(self) -> Result<Vec<R::Output>> {
        self.clauses.check()?;
        let is_exact = self.clauses.is_exact();
        let tables = self.clauses.tables(S::MEMBERS);
        let select = self.clauses.rows(S::MEMBERS);
        Reader { source: self.source, tables: &tables }.rows::<R>(select, is_exact)
    }

    /// The first row, by the query's order.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn first(mut self) -> Result<Option<R::Output>> {
        self.clauses.at_most(1);
        Ok(self.all()?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`] if there is none, or more than one; the file cannot be read, or a value of the
    /// query breaks a rule.
    pub fn one(mut self) -> Result<R::Output> {
        self.clauses.at_most(2);
        only(self.all()?)
    }

    /// The row with this id, if it is among those of the query; of several, which a join can give, the
    /// first by its order. Its limit and offset do not count.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn find(mut self, id: Id<S::First>) -> Result<Option<R::Output>> {
        self.clauses.find(id);
        Ok(self.all()?.into_iter().next())
    }

    /// Calls a function with each row, until it fails.
    ///
    /// # Errors
    ///
    /// What the function fails with; the file cannot be read, or a value of the query breaks a rule.
    pub fn for_each(self, each: impl FnMut(R::Output) -> Result<()>) -> Result<()> {
        self.try_for_each(each)
    }

    /// As [`for_each`](Self::for_each), for functions with errors of their own.
    ///
    /// # Errors
    ///
    /// What the function fails with; the file cannot be read, or a value of the query breaks a rule.
    pub fn try_for_each<E: From<Error>>(
        self,
        mut each: impl FnMut(R::Output) -> Result<(), E>,
    ) -> Result<(), E> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.rows_at_once(S::MEMBERS);
        let mut outcome = Ok(());
        let mut rows = Vec::new();
        self.source.read(&tables, &mut |reading| {
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

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn count(self) -> Result<u64> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.count(S::MEMBERS);
        Reader { source: self.source, tables: &tables }.number(&statement)
    }

    /// Whether there is a row.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn exists(mut self) -> Result<bool> {
        self.clauses.check()?;
        self.clauses.at_most(1);
        let tables = self.clauses.tables(S::MEMBERS);
        let statement = self.clauses.of_every(S::MEMBERS);
        let mut exists = false;
        self.source.read(&tables, &mut |reading| {
            exists = false;
            each_row(reading, &statement, &mut |_| {
                exists = true;
                Ok(Next::Nothing)
            })
        })?;
        Ok(exists)
    }
}
