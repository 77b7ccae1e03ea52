//! How SQLite reads a query.

use ara_core::{Column, Record, Result, Source, TableRef};

use crate::expr::column::ColumnRef;
use crate::expr::scope::{MemberRef, Scope};
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::many::WithMany;
use crate::run::reader::{Next, each_row};
use crate::run::union::Union;
use crate::untyped::clauses::Statement;

impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// The steps by which SQLite reads the rows, as `EXPLAIN QUERY PLAN` tells them: which index serves,
    /// and where all of a table is read.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, #[table(index)] title: String }
    ///
    /// let db = Database::memory()?;
    /// let plan = db.query::<Todo>().filter(Todo::title.eq("Buy milk")).explain()?;
    /// assert_eq!(plan, ["SEARCH todo USING INDEX ara_index todo(title) (title=?)"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the query breaks a rule.
    pub fn explain(self) -> Result<Vec<String>> {
        self.clauses.check()?;
        let is_exact = self.clauses.is_exact();
        let tables = self.clauses.tables(S::MEMBERS);
        let select = self.clauses.rows(S::MEMBERS);
        steps(self.source, &tables, &[if is_exact { select.exactly() } else { select.nearly() }])
    }
}

impl<I> Union<'_, I> {
    /// The steps by which SQLite reads the rows: see [`Query::explain`].
    ///
    /// # Errors
    ///
    /// As [`Query::explain`].
    pub fn explain(self) -> Result<Vec<String>> {
        self.notes.check()?;
        steps(self.source, &self.tables, &[self.statement])
    }
}

impl<S: Scope, R: Rows, C: Column, P: Record<Table = C::Table>> WithMany<'_, S, R, C, P> {
    /// The steps by which SQLite reads the rows, and then those that refer to them: see
    /// [`Query::explain`].
    ///
    /// # Errors
    ///
    /// As [`Query::explain`].
    pub fn explain(self) -> Result<Vec<String>> {
        let Self { parents: Query { source, clauses, .. }, children, .. } = self;
        clauses.check()?;
        children.check()?;
        let members = [MemberRef::of::<C::Table>()];
        let mut tables = clauses.tables(S::MEMBERS);
        tables.extend(children.tables(&members));
        let parents = clauses.rows(S::MEMBERS).exactly();
        steps(source, &tables, &[parents, children.of_parents(&members, C::term(), &[])])
    }
}

fn steps(
    source: &dyn Source,
    tables: &[TableRef],
    statements: &[Statement],
) -> Result<Vec<String>> {
    let mut steps = Vec::new();
    source.read(tables, &mut |reading| {
        steps.clear();
        for Statement { sql, values } in statements {
            let sql = format!("EXPLAIN QUERY PLAN {sql}");
            let explained = Statement { sql, values: values.clone() };
            each_row(reading, &explained, &mut |row| {
                steps.push(row.get::<_, String>("detail")?);
                Ok(Next::Row)
            })?;
        }
        Ok(())
    })?;
    Ok(steps)
}
