//! Running queries.

use ara_core::{Error, Id, Reading, Result, TableRef};
use rusqlite::Row;

use crate::bind::bind;
use crate::clauses::Statement;
use crate::query::Query;
use crate::rows::Rows;
use crate::scope::Scope;

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
        let (is_cut, is_exact) = (self.clauses.is_cut(), self.clauses.is_exact());
        let select = self.clauses.rows(S::MEMBERS);
        let mut rows = Vec::new();
        let mut read = |statement: &Statement| -> Result<Unread> {
            let mut unread = Unread::None;
            self.source.read(&tables::<S>(), &mut |reading| {
                unread = collect::<R>(reading, statement, &mut rows)?;
                Ok(())
            })?;
            Ok(unread)
        };
        // Rows that an offset leaves out are not seen here, so SQL must count them exactly. And a limit
        // may have counted rows that do not belong to it.
        if is_exact || (read(&select.nearly())? == Unread::Some && is_cut) {
            read(&select.exactly())?;
        }
        Ok(rows)
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
        let mut rows = self.all()?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (None, _) => Err(Error::NotOne { count: 0 }),
            (Some(_), others) => Err(Error::NotOne { count: others + 1 }),
        }
    }

    /// The row with this id, if it is among those of the query. Its limit and offset do not count.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn find(mut self, id: Id<S::First>) -> Result<Option<R::Output>> {
        self.clauses.find(id);
        Ok(self.all()?.pop())
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
        let is_exact = self.clauses.is_cut() || self.clauses.is_exact();
        let select = self.clauses.rows(S::MEMBERS);
        let statement = if is_exact { select.exactly() } else { select.nearly() };
        let mut outcome = Ok(());
        let mut rows = Vec::new();
        self.source.read(&tables::<S>(), &mut |reading| {
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
        let statement = self.clauses.count(S::MEMBERS);
        let mut count = 0;
        self.source.read(&tables::<S>(), &mut |reading| {
            each_row(reading, &statement, &mut |row| {
                count = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Next::Nothing)
            })
        })?;
        Ok(count)
    }

    /// Whether there is a row.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn exists(mut self) -> Result<bool> {
        self.clauses.check()?;
        self.clauses.at_most(1);
        let statement = self.clauses.exists(S::MEMBERS);
        let mut exists = false;
        self.source.read(&tables::<S>(), &mut |reading| {
            exists = false;
            each_row(reading, &statement, &mut |_| {
                exists = true;
                Ok(Next::Nothing)
            })
        })?;
        Ok(exists)
    }
}

/// The tables that a query reads, which must be there.
pub(crate) fn tables<S: Scope>() -> Vec<TableRef> {
    S::MEMBERS.iter().map(|member| member.table).collect()
}

/// Reads the rows, and tells whether one was left out because a narrowed column of it cannot be read.
fn collect<R: Rows>(
    reading: Reading<'_>,
    statement: &Statement,
    rows: &mut Vec<R::Output>,
) -> Result<Unread> {
    rows.clear();
    let mut unread = Unread::None;
    each_row(reading, statement, &mut |row| {
        match R::from_row(row) {
            Some(row) => rows.push(row),
            None => unread = Unread::Some,
        }
        Ok(Next::Row)
    })?;
    Ok(unread)
}

/// Whether rows were left out.
#[derive(PartialEq, Eq)]
pub(crate) enum Unread {
    None,
    Some,
}

/// What to read after a row.
pub(crate) enum Next {
    Row,
    Nothing,
}

pub(crate) fn each_row(
    reading: Reading<'_>,
    statement: &Statement,
    each: &mut dyn FnMut(&Row<'_>) -> Result<Next>,
) -> Result<()> {
    let mut prepared = reading.connection.prepare_cached(&statement.sql)?;
    bind(&mut prepared, &statement.values)?;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        if matches!(each(row)?, Next::Nothing) {
            break;
        }
    }
    Ok(())
}
