//! Columns that hold values which the app cannot read, or for which its functions panic.

use std::fmt;

use ara_core::{PanickingLens, Result, Source, TableRef, panicking_lenses, stored_table_name};
use sea_query::{BinOper, Expr as Sql, Func, SelectStatement};

use crate::run::reader::{Next, each_row};
use crate::untyped::readable::readable;
use crate::untyped::sql::{and, binary, constant, is_not_true, null};
use crate::untyped::statement::Statement;

/// A column that holds values which this version of the app cannot read, or for which a function panics: see
/// [`unreadable`](crate::Queries::unreadable).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableColumn {
    /// The stored name of the table.
    pub table: &'static str,
    /// The stored name of the column.
    pub column: &'static str,
    /// The number of rows for which that is so.
    pub rows: u64,
    /// The function that panics for these rows, if the column replaces others or is replaced, and has no value there
    /// because of that: the function as the struct names it, or `read`, `read_with` or `write` if it is a closure.
    /// `None` if there are values that cannot be read.
    pub lens: Option<&'static str>,
}

impl fmt::Display for UnreadableColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, rows, lens } = self;
        if let Some(lens) = lens {
            let rows_have = if *rows == 1 { "row, which has" } else { "rows, which have" };
            return write!(
                f,
                "column `{table}.{column}`: `{lens}` panics for {rows} {rows_have} no value there"
            );
        }
        let rows_hold = if *rows == 1 { "row holds" } else { "rows hold" };
        write!(
            f,
            "column `{table}.{column}`: {rows} {rows_hold} a value that this version of the app cannot read"
        )
    }
}

/// Returns these columns of tables.
pub(crate) fn unreadable(
    source: &dyn Source,
    tables: &[TableRef],
) -> Result<Vec<UnreadableColumn>> {
    let mut found = Vec::new();
    source.read(tables, &mut |reading| {
        found.clear();
        for table in tables.iter().filter(|table| !table.def.columns.is_empty()) {
            each_row(reading, &counts(*table), &mut |row| {
                for (at, column) in table.def.columns.iter().enumerate() {
                    let rows = row.get::<_, i64>(at)?.unsigned_abs();
                    if rows > 0 {
                        let (table, column) = (table.def.name, column.name);
                        found.push(UnreadableColumn { table, column, rows, lens: None });
                    }
                }
                Ok(Next::Nothing)
            })?;
            let lenses = panicking_lenses(reading.connection, *table)?;
            found.extend(lenses.into_iter().map(|PanickingLens { column, name, rows }| {
                UnreadableColumn { table: table.def.name, column, rows, lens: Some(name) }
            }));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Counts, for each column, the rows that are not deleted and hold a value there which cannot be read.
fn counts(table: TableRef) -> Statement {
    let stored_name = stored_table_name(table.def).into_owned();
    let column_of = |name| Sql::col((stored_name.clone(), name));
    let mut select = SelectStatement::new();
    for (column, it) in table.def.columns.iter().zip(table.as_read) {
        let column = column_of(column.name);
        let is_stored = binary(column.clone(), BinOper::IsNot, null());
        let is_unread = and(is_stored, is_not_true(readable(&column, (it.readable)())));
        select.expr(Func::cust("count").arg(constant(1_i64)).filter(is_unread));
    }
    select.and_where(binary(column_of("is_deleted"), BinOper::IsNot, constant(1_i64)));
    select.from(stored_name);
    Statement::from(&select)
}
