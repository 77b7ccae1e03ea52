//! The rows of several queries as one.

use std::fmt;
use std::marker::PhantomData;

use ara_core::{Handle, Result, TableRef};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::query::select::Selected;
use crate::run::reader::Reader;
use crate::run::watch::{Watch, Watched, collect};
use crate::untyped::clauses::Clauses;
use crate::untyped::member::MemberRef;
use crate::untyped::notes::Notes;
use crate::untyped::statement::Statement;

/// The rows of several queries that select the same: see [`union`](Query::union).
#[must_use = "a query reads nothing until it is run: end it with `all` or `count`"]
pub struct Union<'s, I> {
    pub(super) source: Handle<'s>,
    pub(super) statement: Statement,
    pub(super) tables: Vec<TableRef>,
    pub(super) notes: Notes,
    items: PhantomData<fn() -> I>,
}

impl<'s, S: Scope, I> Query<'s, S, Selected<I>>
where
    Selected<I>: Rows,
{
    /// Returns the rows of this query together with those of another one that selects the same, each row
    /// once. Each query keeps its own order and limit, but the rows of the union come in no particular order.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// #[derive(Table)]
    /// struct Note { id: Id<Note>, text: String }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Milk"))?;
    /// db.create(Note::draft().text("Milk"))?;
    ///
    /// let todos = || db.query::<Todo>().narrow(Todo::title).select(Todo::title);
    /// let notes = || db.query::<Note>().narrow(Note::text).select(Note::text);
    /// assert_eq!(todos().union(notes()).all()?, ["Milk"]);
    /// assert_eq!(todos().union_all(notes()).count()?, 2);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn union<T: Scope, J>(self, other: Query<'_, T, Selected<J>>) -> Union<'s, I>
    where
        Selected<J>: Rows<Output = <Selected<I> as Rows>::Output>,
    {
        Union::of(self, true).and(other.clauses, T::MEMBERS, true)
    }

    /// Returns the rows of this query together with those of another one, as [`union`](Self::union) does, but
    /// keeps rows that are equal.
    pub fn union_all<T: Scope, J>(self, other: Query<'_, T, Selected<J>>) -> Union<'s, I>
    where
        Selected<J>: Rows<Output = <Selected<I> as Rows>::Output>,
    {
        Union::of(self, false).and(other.clauses, T::MEMBERS, false)
    }
}

impl<'s, I> Union<'s, I> {
    fn of<S: Scope>(query: Query<'s, S, Selected<I>>, distinct: bool) -> Self {
        let empty = Statement { sql: String::new(), values: Vec::new() };
        let (source, tables, notes) = (query.source, Vec::new(), Notes::default());
        let union = Self { source, statement: empty, tables, notes, items: PhantomData };
        union.and(query.clauses, S::MEMBERS, distinct)
    }

    fn reader(&self) -> Reader<'_> {
        Reader { source: &self.source, tables: &self.tables }
    }

    fn and(mut self, mut clauses: Clauses, members: &[MemberRef], distinct: bool) -> Self {
        // This also holds for `UNION ALL`: a later `UNION` merges the rows of all queries before it.
        clauses.is_compared = true;
        self.tables.extend(clauses.tables(members));
        self.notes.add(clauses.notes());
        let statement = clauses.rows(members).exactly();
        let sql = &mut self.statement.sql;
        if !sql.is_empty() {
            sql.push_str(if distinct { " UNION " } else { " UNION ALL " });
        }
        // SQL allows an order or a limit of a part of a union only in parentheses.
        sql.push_str(&format!("SELECT * FROM ({})", statement.sql));
        self.statement.values.extend(statement.values);
        self
    }

    /// Adds the rows of one more query, and keeps each row once.
    pub fn union<S: Scope, J>(self, other: Query<'_, S, Selected<J>>) -> Self
    where
        Selected<I>: Rows,
        Selected<J>: Rows<Output = <Selected<I> as Rows>::Output>,
    {
        self.and(other.clauses, S::MEMBERS, true)
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn all(self) -> Result<Vec<<Selected<I> as Rows>::Output>>
    where
        Selected<I>: Rows,
    {
        self.notes.check()?;
        self.reader().rows::<Selected<I>>([&self.statement])
    }

    /// Watches the rows: see [`Query::watch`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::watch`].
    pub fn watch(self) -> Result<Watch<<Selected<I> as Rows>::Output>>
    where
        Selected<I>: Rows,
    {
        self.notes.check()?;
        let (tables, statements) = (self.tables, vec![self.statement]);
        let collect = collect::<Selected<I>>;
        Watched { tables, statements, many: None, collect }.watch(&self.source, &[], &[])
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn count(mut self) -> Result<u64> {
        self.notes.check()?;
        self.statement.sql = format!("SELECT count(1) FROM ({})", self.statement.sql);
        self.reader().number(&self.statement)
    }
}

impl<I> Clone for Union<'_, I> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            statement: self.statement.clone(),
            tables: self.tables.clone(),
            notes: self.notes.clone(),
            items: PhantomData,
        }
    }
}

/// Shows the SQL, with a `?` for each value.
impl<I> fmt::Debug for Union<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Union({})", self.statement.sql)
    }
}
