//! Filters that ask other tables.

use ara_core::Column;
use sea_query::{BinOper, Expr as Sql, SelectStatement, SubQueryOper};

use crate::expr::column::ColumnRef;
use crate::expr::scope::{Contains, Scope};
use crate::expr::{Expr, Filter, IntoFilter, Operand, Within};
use crate::query::Query;
use crate::query::join::Reference;
use crate::query::select::{Item, Selected};
use crate::untyped::clauses::Clauses;
use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::Condition;
use crate::untyped::member::MemberRef;
use crate::untyped::sql::{binary, constant};
use crate::untyped::term::{Term, Untyped};

/// Filters of columns and expressions that ask another query.
pub trait InQuery: Operand {
    /// Holds where the value is among those that another query selects.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// #[derive(Table)]
    /// struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Think"))?;
    /// db.create(Comment::draft().todo_id(milk).text("Oat?"))?;
    ///
    /// let commented = db.query::<Comment>().select(Comment::todo_id);
    /// assert_eq!(db.query::<Todo>().filter(Todo::id.in_query(commented)).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn in_query<S, T, X, I>(self, mut query: Query<'_, T, Selected<X>>) -> Filter<S>
    where
        Self: Within<S, I>,
        T: Scope,
        X: Item<Value = Self::Value>,
    {
        query.clauses.is_compared = true;
        let (select, notes) = query.clauses.subquery(T::MEMBERS);
        let it = self.untyped();
        let mut found = it.map(|term| {
            let select = Sql::SubQuery(None, Box::new(select.into()));
            Term::Condition(Condition::One(binary(term.value(), BinOper::In, select)))
        });
        found.notes.add(notes);
        Expr::new(found)
    }
}

impl<O: Operand> InQuery for O {}

/// `exists` and `exists_where`: tests whether rows refer to this one.
pub trait Referring: Column {
    /// Holds for a row if rows for which the filter holds refer to it by this column. Deleted rows do not
    /// count.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # #[derive(Table)]
    /// # struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    /// # let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Comment::draft().todo_id(milk).text("Oat?"))?;
    ///
    /// let asked = Comment::todo_id.exists_where(Comment::text.like("%?"));
    /// assert_eq!(db.query::<Todo>().filter(asked).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn exists_where<S, I>(self, filter: impl IntoFilter<(Self::Table,)>) -> Filter<S>
    where
        Self::Value: Reference,
        S: Contains<<Self::Value as Reference>::Target, I>,
    {
        let mut clauses = Clauses::default();
        clauses.filter(filter.into_filter().untyped);
        Expr::new(referring::<Self>(clauses))
    }

    /// Holds for a row if rows refer to it by this column. Deleted rows do not count.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # #[derive(Table)]
    /// # struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Think"))?;
    /// assert_eq!(db.query::<Todo>().filter(!Comment::todo_id.exists()).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn exists<S, I>(self) -> Filter<S>
    where
        Self::Value: Reference,
        S: Contains<<Self::Value as Reference>::Target, I>,
    {
        Expr::new(referring::<Self>(Clauses::default()))
    }
}

impl<C: Column> Referring for C {}

/// The name by which the rows that refer are read. No stored name has a space in it.
const REFERRING: &str = "the referring";

/// Returns the condition that one of the rows with these clauses refers to a row by the column `C`.
fn referring<C: Column<Value: Reference>>(mut clauses: Clauses) -> Untyped {
    clauses.select(vec![Untyped::column(C::term())]);
    let (rows, notes) = clauses.subquery(&[MemberRef::of::<C::Table>()]);
    // These rows need a name of their own, as the row that they refer to may be one of the same table.
    let reference = Sql::col((REFERRING, C::SHOWN));
    let target = ColumnTerm::id(MemberRef::of::<<C::Value as Reference>::Target>());
    let mut select = SelectStatement::new();
    select.expr(constant(1_i64)).from_subquery(rows, REFERRING);
    select.and_where(binary(reference, BinOper::Equal, target.sql()));
    let exists = Sql::SubQuery(Some(SubQueryOper::Exists), Box::new(select.into()));
    Untyped { term: Term::Condition(Condition::One(exists)), notes }
}
