//! Queries, clause by clause.

use std::fmt;
use std::marker::PhantomData;

use ara_core::{Result, Schema, Source, Table};

use crate::clauses::{Clauses, Deleted};
use crate::expr::IntoFilter;
use crate::narrow::NarrowBy;
use crate::order::IntoOrder;
use crate::prepare::{Params, Prepared};
use crate::raw_sql::{IntoSql, Sql, SqlRow};
use crate::rows::Rows;
use crate::scope::Scope;
use crate::unreadable::{UnreadableColumn, unreadable};

/// Starts queries. A database and a transaction both do.
pub trait Queries: Source {
    /// A query of the rows of `T` that are not deleted.
    fn query<T: Table>(&self) -> Query<'_, (T,)>;

    /// Reads with SQL that is written by hand, or a select of [`sea_query`](crate::sea_query), into tuples of
    /// values. It reads what is stored, deleted rows included (`is_deleted IS 1`), from the tables that are
    /// there: [`ensure`](ara_core::Database::ensure) them first. SQL that writes is refused: what it writes
    /// would be in no log.
    ///
    /// Whoever writes SQL knows what it gives, so no row is left out: a value that is NULL, or not of the type
    /// that it is read as, is an error. Read as an `Option`, it is `None`, as in a row of a table.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk").stars(2))?;
    /// let sql = "SELECT id, upper(title) FROM todo WHERE stars > ?1 AND is_deleted IS NOT 1";
    /// let rows = db.sql::<(Id<Todo>, Option<String>)>(sql).bind(1).all()?;
    /// assert_eq!(rows[0].1.as_deref(), Some("BUY MILK"));
    ///
    /// let select = db.query::<Todo>().select(Todo::stars).into_select();
    /// assert_eq!(db.sql::<(i64,)>(select).one()?, (2,));
    /// assert!(matches!(db.sql::<(i64,)>("DELETE FROM todo").all(), Err(ara::Error::RawWrite)));
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'_, T>;

    /// Makes the SQL of a query once, to be run many times with other values: a closure is given the
    /// parameters, and uses them where it would use a value of their types.
    ///
    /// ```
    /// use ara::Param;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: i64 }
    ///
    /// let db = Database::memory()?;
    /// for (title, stars) in [("Buy milk", 2), ("Think", 5)] {
    ///     db.create(Todo::draft().title(title).stars(stars))?;
    /// }
    /// let starred = db.prepare(|(least, word): (Param<i64>, Param<String>)| {
    ///     db.query::<Todo>().filter(Todo::stars.ge(least) & Todo::title.ne(word))
    /// });
    /// assert_eq!(starred.count((1, "Think"))?, 1);
    /// assert_eq!(starred.all((3, "Buy milk"))?[0].title.as_deref(), Some("Think"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn prepare<'s, P: Params, S: Scope, R: Rows>(
        &'s self,
        build: impl FnOnce(P) -> Query<'s, S, R>,
    ) -> Prepared<'s, P, S, R> {
        Prepared::new(build(P::markers()))
    }

    /// The columns that hold values which this version of the app cannot read, and in how many rows, of a
    /// table or of a schema: names and numbers, never a value. Another version of the app wrote them, or
    /// another program: a variant that only a newer one knows, a text that is too long for this one. They
    /// read as missing, and stay as they are until they are overwritten.
    ///
    /// A column that holds nothing is not among them, and deleted rows are not counted. All rows are read.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// mod newer {
    ///     use ara::prelude::*;
    ///
    ///     #[derive(Table)]
    ///     pub struct Todo { pub id: Id<Todo>, pub title: NonEmptyString<1000> }
    /// }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: NonEmptyString<5> }
    ///
    /// let db = Database::memory()?;
    /// db.create(newer::Todo::draft().title("Buy milk"))?;
    /// assert_eq!(db.query::<Todo>().one()?.title, None);
    /// for column in db.unreadable::<Todo>()? {
    ///     assert_eq!((column.table, column.column, column.rows), ("todo", "title", 1));
    ///     println!("{column}");
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>>;
}

impl<D: Source> Queries for D {
    fn query<T: Table>(&self) -> Query<'_, (T,)> {
        Query::new(self)
    }

    fn sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'_, T> {
        Sql::new(self, sql)
    }

    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>> {
        unreadable(self, T::TABLES)
    }
}

/// A query over the tables `S` that returns rows `R`; both are tuples. Nothing is read before one of
/// the methods at the end of a chain is called, such as [`all`](Self::all).
///
/// Clauses do not change the type, except for those that change the rows: filters can be added in a
/// loop, and a function can return a query as `Query<'_, (Todo,)>`.
#[must_use = "a query reads nothing until it is run: end it with `all`, `first`, `count` or the like"]
pub struct Query<'s, S: Scope, R = <S as Scope>::Rows> {
    pub(crate) source: &'s dyn Source,
    pub(crate) clauses: Clauses,
    types: PhantomData<fn() -> (S, R)>,
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    pub(crate) fn new(source: &'s dyn Source) -> Self {
        Query { source, clauses: Clauses::default(), types: PhantomData }
    }

    /// Keeps the rows in which the column is there and can be read, and returns it without its
    /// `Option`.
    pub fn narrow<C, I>(mut self, column: C) -> Query<'s, S, C::Narrowed>
    where
        C: NarrowBy<R, I>,
    {
        let _: C = column;
        self.clauses.narrowed.push(C::term());
        self.returning()
    }

    /// Narrows every required column, and returns the structs that declare the tables. Rows of
    /// [`left_join`](Self::left_join) stay as they are.
    pub fn narrow_all(mut self) -> Query<'s, S, R::Whole>
    where
        R: Rows,
    {
        self.clauses.narrowed.extend(R::required());
        self.returning()
    }

    /// Keeps the rows for which the filter holds. Several filters must hold all.
    pub fn filter(mut self, filter: impl IntoFilter<S>) -> Self {
        self.clauses.filter(filter.into_filter().untyped);
        self
    }

    /// Orders the rows. Several orders, in a tuple or by several calls, count one after the other: the second
    /// among rows that the first leaves equal.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    /// # let db = Database::memory()?;
    /// for (title, stars) in [("Think", 1), ("Buy milk", 1), ("Rest", 5)] {
    ///     db.create(Todo::draft().title(title).stars(stars))?;
    /// }
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by((Todo::stars.desc(), Todo::title));
    /// assert_eq!(todos.select(Todo::title).all()?, ["Rest", "Buy milk", "Think"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn order_by<H>(mut self, order: impl IntoOrder<S, H>) -> Self {
        order.into_orders().into_iter().for_each(|order| self.clauses.order(order));
        self
    }

    /// Returns this many rows at most. The last limit counts.
    pub fn limit(mut self, rows: u64) -> Self {
        self.clauses.limit = Some(rows);
        self
    }

    /// Leaves out this many rows at the beginning. The last offset counts.
    pub fn offset(mut self, rows: u64) -> Self {
        self.clauses.offset = rows;
        self
    }

    /// Returns deleted rows too.
    pub fn with_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Too;
        self
    }

    /// Returns deleted rows only.
    pub fn only_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Only;
        self
    }

    fn returning<T>(self) -> Query<'s, S, T> {
        self.over()
    }

    pub(crate) fn over<T: Scope, Q>(self) -> Query<'s, T, Q> {
        Query { source: self.source, clauses: self.clauses, types: PhantomData }
    }
}

impl<S: Scope, R> Clone for Query<'_, S, R> {
    fn clone(&self) -> Self {
        Self { source: self.source, clauses: self.clauses.clone(), types: PhantomData }
    }
}

/// The SQL, with a `?` for each value.
impl<S: Scope, R> fmt::Debug for Query<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({})", self.clauses.clone().rows(S::MEMBERS).exactly().sql)
    }
}
