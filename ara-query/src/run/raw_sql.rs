//! SQL that is written by hand and only reads, with typed values and rows.

use std::fmt;
use std::marker::PhantomData;

use ara_core::{Error, Handle, IntoSqlValue, Reading, Result};
use rusqlite::Row;
use sea_query::SelectStatement;

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::digest::RowsDigest;
use crate::run::reader::{Next, each_row_of, only};
use crate::run::sql_row::SqlRow;
use crate::run::watch::{Collected, Watch, Watched};
use crate::untyped::clauses::Clauses;
use crate::untyped::notes::Notes;
use crate::untyped::statement::Statement;
use crate::untyped::term::Untyped;

/// SQL that returns rows `T`, a tuple: see [`sql`](crate::Queries::sql).
#[must_use = "SQL reads nothing until it is run: end it with `all`, `first` or `one`"]
pub struct Sql<'s, T> {
    source: Handle<'s>,
    statement: Statement,
    notes: Notes,
    rows: PhantomData<fn() -> T>,
}

/// What [`sql`](crate::Queries::sql) takes: a text, or a select of [`sea_query`](crate::sea_query).
pub trait IntoSql {
    #[doc(hidden)]
    fn into_statement(self) -> Statement;
}

impl IntoSql for &str {
    fn into_statement(self) -> Statement {
        self.to_owned().into_statement()
    }
}

impl IntoSql for String {
    fn into_statement(self) -> Statement {
        Statement { sql: self, values: Vec::new() }
    }
}

impl IntoSql for SelectStatement {
    fn into_statement(self) -> Statement {
        Statement::from(&self)
    }
}

impl<'s, T: SqlRow> Sql<'s, T> {
    pub(crate) fn new(source: Handle<'s>, sql: impl IntoSql) -> Self {
        let (statement, notes) = (sql.into_statement(), Notes::default());
        Self { source, statement, notes, rows: PhantomData }
    }

    /// Gives the next parameter its value. The first call gives that of `?1`. The value is bound as a
    /// column of its type stores it, and `None` as NULL.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// let db = Database::memory()?;
    /// let sql = db.sql::<(i64, Option<String>)>("SELECT ?1 + ?2, ?3");
    /// assert_eq!(sql.bind(40).bind(2).bind(None::<String>).one()?, (42, None));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn bind(mut self, value: impl IntoSqlValue) -> Self {
        let Untyped { term, notes } = Untyped::stored(value.into_sql_value());
        self.notes.add(notes);
        self.statement.values.push(term.into_bound());
        self
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// Returns [`Error::RawWrite`] if the SQL would change the file; [`Error::RawShape`] if it gives more
    /// or fewer columns than the row has values; [`Error::RawParameters`] if it has more or fewer
    /// parameters than are bound; [`Error::RawValue`] if it gives a value that is not of the type it is
    /// read as; [`Error::Parameter`] if a value that is bound breaks a rule of its type; [`Error::Sqlite`]
    /// or [`Error::Shape`] if SQLite refuses the SQL; and [`Error::Corrupt`], [`Error::Busy`] or
    /// [`Error::Io`] if the file cannot be read.
    pub fn all(self) -> Result<Vec<T>> {
        self.notes.check()?;
        let mut rows = Vec::new();
        self.source.get()?.read(&[], &mut |reading| {
            rows.clear();
            each_sql_row(reading, &self.statement, T::WIDTH, &mut |row| {
                rows.push(T::from_row(row)?);
                Ok(Next::Row)
            })
        })?;
        Ok(rows)
    }

    /// Watches the rows: see [`Query::watch`]. The tables must be in the file.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WatchedTransaction`] if the SQL is given to a transaction or to the past;
    /// [`Error::RawWrite`] if it would change the file; [`Error::Parameter`] if a value that is bound
    /// breaks a rule of its type; and [`Error::Sqlite`] or [`Error::Shape`] if SQLite refuses the SQL. The
    /// other errors of [`all`](Self::all) come with the result that has them.
    pub fn watch(self) -> Result<Watch<T>> {
        self.notes.check()?;
        if !reads_only(&self.statement.sql) {
            return Err(Error::RawWrite);
        }
        let (tables, statements) = (Vec::new(), vec![self.statement]);
        Watched { tables, statements, many: None, collect: collect::<T> }.watch(
            &self.source,
            &[],
            &[],
        )
    }

    /// Returns the first row, or `None` if there is none. All rows are read, so the SQL should have a limit.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn first(self) -> Result<Option<T>> {
        Ok(self.all()?.into_iter().next())
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotOne`] if there is no row, or more than one; and the errors of [`all`](Self::all).
    pub fn one(self) -> Result<T> {
        only(self.all()?)
    }
}

fn each_sql_row(
    reading: Reading<'_>,
    sql: &Statement,
    width: usize,
    each: &mut dyn FnMut(&Row<'_>) -> Result<Next>,
) -> Result<()> {
    if !reads_only(&sql.sql) {
        return Err(Error::RawWrite);
    }
    let mut statement = reading.connection.prepare_cached(&sql.sql)?;
    if !statement.readonly() {
        return Err(Error::RawWrite);
    }
    let (found, expected) = (statement.column_count(), width);
    if found != expected {
        return Err(Error::RawShape { found, expected });
    }
    let (given, parameters) = (sql.values.len(), statement.parameter_count());
    if given != parameters {
        return Err(Error::RawParameters { given, parameters });
    }
    each_row_of(&mut statement, &sql.values, each)
}

fn collect<T: SqlRow>(
    reading: Reading<'_>,
    sql: &Statement,
    _: Option<&Clauses>,
) -> Result<Collected<T>> {
    let mut rows = Vec::new();
    let mut digest = RowsDigest::new();
    each_sql_row(reading, sql, T::WIDTH, &mut |row| {
        rows.push(T::from_row(row)?);
        digest.row(row);
        Ok(Next::Row)
    })?;
    Ok(Collected { rows, is_left_out: false, digest: digest.finish() })
}

/// Returns whether the first word of a statement is one with which SQL only reads. That SQLite calls a
/// statement `readonly` is not enough: it does so for `BEGIN`, and for settings of the connection.
fn reads_only(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start()
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start()
        } else {
            break;
        };
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    ["select", "with", "values", "explain"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// Returns the query as a select of [`sea_query`](crate::sea_query), to which more can be added there.
    /// [`sql`](crate::Queries::sql) runs it. What columns show that replace others is as it is now: make the
    /// select anew after other versions of the app have written, as after a merge.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// let mut select = db.query::<Todo>().select(Todo::title).into_select();
    /// select.and_where(ara::sea_query::Expr::cust("title LIKE 'buy%'"));
    /// assert_eq!(db.sql::<(String,)>(select).one()?.0, "Buy milk");
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn into_select(self) -> SelectStatement {
        // Without rows, this only works out what columns show. An error is told when the select is run.
        let mut none = self.clone();
        none.clauses.at_most(0);
        none.exists().ok();
        self.clauses.subquery(S::MEMBERS).0
    }
}

/// Shows the SQL.
impl<T> fmt::Debug for Sql<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sql({})", self.statement.sql)
    }
}

#[cfg(test)]
mod tests {
    use super::reads_only;

    #[test]
    fn what_can_only_read_is_told_from_the_rest() {
        for sql in [
            "SELECT 1",
            " \n-- all\nselect 1",
            "/* a */ WITH t AS (..)",
            "VALUES (1)",
            "EXPLAIN QUERY PLAN ..",
        ] {
            assert!(reads_only(sql), "{sql}");
        }
        for sql in [
            "",
            "--",
            "/*",
            "BEGIN",
            "PRAGMA journal_mode = delete",
            "UPDATE todo",
            "selected",
            "é",
        ] {
            assert!(!reads_only(sql), "{sql}");
        }
    }
}
