//! How SQLite reads a query.

use ara_core::Result;

use crate::query::Query;
use crate::reader::{Next, each_row};
use crate::rows::Rows;
use crate::scope::Scope;

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
        let mut statement = if is_exact { select.exactly() } else { select.nearly() };
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let mut steps = Vec::new();
        self.source.read(&tables, &mut |reading| {
            steps.clear();
            each_row(reading, &statement, &mut |row| {
                steps.push(row.get::<_, String>("detail")?);
                Ok(Next::Row)
            })
        })?;
        Ok(steps)
    }
}
