//! SQL written by hand, read only, with typed values and rows.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use ara_core::{Error, FromSqlValue, IntoSqlValue, Reading, Result, Source, Stored};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use sea_query::{SelectStatement, SqliteQueryBuilder};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::run::bind::bind;
use crate::run::digest::RowsDigest;
use crate::run::reader::only;
use crate::run::watch::{Collected, Watch, Watched};
use crate::untyped::clauses::{Clauses, Statement};
use crate::untyped::notes::Notes;
use crate::untyped::term::{Term, Untyped};

/// SQL that returns rows `T`, a tuple: see [`sql`](crate::Queries::sql).
#[must_use = "SQL reads nothing until it is run: end it with `all`, `first` or `one`"]
pub struct Sql<'s, T> {
    source: &'s dyn Source,
    statement: Statement,
    notes: Notes,
    rows: PhantomData<fn() -> T>,
}

/// What [`sql`](crate::Queries::sql) takes: text, or a select of [`sea_query`](crate::sea_query).
pub trait IntoSql {
    #[doc(hidden)]
    fn into_statement(self) -> Statement;
}

impl IntoSql for &str {
    fn into_statement(self) -> Statement {
        Statement { sql: self.to_owned(), values: Vec::new() }
    }
}

impl IntoSql for String {
    fn into_statement(self) -> Statement {
        Statement { sql: self, values: Vec::new() }
    }
}

impl IntoSql for SelectStatement {
    fn into_statement(self) -> Statement {
        let (sql, values) = self.build(SqliteQueryBuilder);
        Statement { sql, values: values.0 }
    }
}

/// A row of [`sql`](crate::Queries::sql): a tuple of up to eight values, each a [`Value`](ara_core::Value)
/// or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a row of SQL",
    label = "expected a tuple of values, such as `(Id<Todo>, Option<String>)`",
    note = "a row of one value is `(Value,)`, with a comma"
)]
pub trait SqlRow: Sized {
    #[doc(hidden)]
    const WIDTH: usize;

    #[doc(hidden)]
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

fn read<T: FromSqlValue>(row: &Row<'_>, at: usize) -> Result<T> {
    let value = row.get_ref(at)?;
    T::from_sql_value(Stored::from_sql(value)).ok_or_else(|| not_read::<T>(row, at, value))
}

/// That a value is not of the type that it is read as. The value itself is not told.
#[cold]
fn not_read<T>(row: &Row<'_>, at: usize, value: ValueRef<'_>) -> Error {
    // SQLite calls a column by the text of its expression, where it has no name: values may be in it.
    let is_name = |name: &&str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    };
    let name = row.as_ref().column_name(at).ok().filter(is_name);
    let found = match value {
        ValueRef::Null => "NULL",
        ValueRef::Integer(_) => "INTEGER",
        ValueRef::Real(_) => "REAL",
        ValueRef::Text(_) => "TEXT",
        ValueRef::Blob(_) => "BLOB",
    };
    let column = name.map_or_else(|| (at + 1).to_string(), str::to_owned);
    Error::RawValue { column, expected: name_of::<T>(), found }
}

/// The name of a type, without the modules that it is in.
fn name_of<T>() -> String {
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let paths = type_name::<T>().split_inclusive(|c| !is_of_path(c));
    paths.map(|path| path.rsplit("::").next().unwrap_or(path)).collect()
}

macro_rules! sql_rows {
    ($($part:ident)*) => {
        sql_rows! { [$($part)*] $($part)* @ 0 1 2 3 4 5 6 7 @ }
    };
    ([$($all:ident)*] $part:ident $($parts:ident)* @ $n:literal $($ns:literal)* @ $($done:tt)*) => {
        sql_rows! { [$($all)*] $($parts)* @ $($ns)* @ $($done)* ($part $n) }
    };
    ([$($all:ident)*] @ $($ns:literal)* @ $(($part:ident $n:literal))*) => {
        impl<$($part: FromSqlValue),*> SqlRow for ($($part,)*) {
            const WIDTH: usize = [$($n),*].len();

            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(read::<$part>(row, $n)?,)*))
            }
        }
    };
}

tuples! { sql_rows }

impl<'s, T: SqlRow> Sql<'s, T> {
    pub(crate) fn new(source: &'s dyn Source, sql: impl IntoSql) -> Self {
        let (statement, notes) = (sql.into_statement(), Notes::default());
        Self { source, statement, notes, rows: PhantomData }
    }

    /// The value of the next parameter: the first call gives that of `?1`. It is bound as a column of its
    /// type stores it, and `None` is NULL.
    pub fn bind(mut self, value: impl IntoSqlValue) -> Self {
        let Untyped { term, notes } = Untyped::stored(value.into_sql_value());
        self.notes.add(notes);
        self.statement.values.push(match term {
            Term::Bound(value) => value,
            _ => sea_query::Value::Bytes(None),
        });
        self
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// [`Error::RawWrite`] for SQL that would change the file, [`Error::RawShape`] where it does not give
    /// as many columns as the row has, [`Error::RawValue`] where it gives a value that is not of the type
    /// that it is read as, and what SQLite refuses.
    pub fn all(self) -> Result<Vec<T>> {
        self.notes.check()?;
        let mut rows = Vec::new();
        self.source.read(&[], &mut |reading| {
            rows.clear();
            each_sql_row(reading, &self.statement, T::WIDTH, &mut |row| {
                rows.push(T::from_row(row)?);
                Ok(())
            })
        })?;
        Ok(rows)
    }

    /// Watches the rows: see [`Query::watch`]. The tables must be there.
    ///
    /// # Errors
    ///
    /// [`Error::RawWrite`] for SQL that would change the file, what SQLite refuses, and as
    /// [`Query::watch`]. Columns or parameters that are too many or too few are told with the first result,
    /// and values that are not of their types with the result that has them.
    pub fn watch(self) -> Result<Watch<T>> {
        self.notes.check()?;
        if !reads_only(&self.statement.sql) {
            return Err(Error::RawWrite);
        }
        let (tables, exactly) = (Vec::new(), Some(self.statement));
        Watched { tables, nearly: None, exactly, many: None, collect: collect::<T> }
            .watch(self.source, &[])
    }

    /// The first row. All of them are read: give the SQL a limit.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn first(self) -> Result<Option<T>> {
        Ok(self.all()?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`] if there is none, or more than one; and as [`all`](Self::all).
    pub fn one(self) -> Result<T> {
        only(self.all()?)
    }
}

fn each_sql_row(
    reading: Reading<'_>,
    sql: &Statement,
    width: usize,
    each: &mut dyn FnMut(&Row<'_>) -> Result<()>,
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
    bind(&mut statement, &sql.values)?;
    let mut found = statement.raw_query();
    while let Some(row) = found.next()? {
        each(row)?;
    }
    Ok(())
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
        Ok(())
    })?;
    Ok(Collected { rows, is_left_out: false, digest: digest.finish() })
}

/// Whether a statement is one that can only read. SQLite counts others as reading too: `BEGIN`, say, and
/// settings of the connection.
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

impl<S: Scope, R: crate::query::rows::Rows> Query<'_, S, R> {
    /// The query as a select of [`sea_query`](crate::sea_query), to go on with there. Give it back to
    /// [`sql`](crate::Queries::sql).
    pub fn into_select(self) -> SelectStatement {
        self.clauses.subquery(S::MEMBERS).0
    }
}

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
