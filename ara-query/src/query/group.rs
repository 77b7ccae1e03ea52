//! Grouping rows.

use std::marker::PhantomData;

use ara_core::Value;

use crate::expr::column::ColumnRef;
use crate::expr::scope::{At, Scope};
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::Query;
use crate::query::holds::HoldsAt;
use crate::query::select::{Computed, Selection, Single};
use crate::untyped::member::MemberRef;
use crate::untyped::term::Untyped;

/// The tables `S` of a query whose rows are grouped by the columns `G`. Both are tuples.
#[derive(Debug)]
pub struct Grouped<S, G>(PhantomData<fn() -> (S, G)>);

impl<S: Scope, G: 'static> Scope for Grouped<S, G> {
    type First = S::First;
    type Rows = Unselected<S::Rows>;
    const MEMBERS: &'static [MemberRef] = S::MEMBERS;
}

/// The row type of a grouped query before `select`: a grouped query needs [`select`](Query::select) before it
/// can run. `R` is the row type that it had before it was grouped.
#[derive(Debug)]
pub struct Unselected<R>(PhantomData<fn() -> R>);

impl<R: HoldsAt<C, I>, C, I> HoldsAt<C, I> for Unselected<R> {
    type Type = R::Type;
}

/// Marks a column by which a query is grouped. `I` tells where it is among these.
#[derive(Debug)]
pub struct InGroup<I>(PhantomData<I>);

/// A tuple of the columns by which a query is grouped that has the column `C` in it. `I` is inferred: it is
/// the position of the column.
#[diagnostic::on_unimplemented(
    message = "column `{C}` is neither grouped by nor aggregated",
    label = "the query is grouped by `{Self}`"
)]
pub trait GroupedBy<C, I> {}

macro_rules! grouped_by {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        impl<$($before,)* $at, $($after),*> GroupedBy<$at, At<$n>>
            for ($($before,)* $at, $($after,)*)
        {
        }
    };
}

members! { tuples grouped_by }

#[diagnostic::do_not_recommend]
impl<S, G: GroupedBy<C, I>, C: ColumnRef, I> Within<Grouped<S, G>, InGroup<I>> for C {}

/// A column or an expression by which a query can be grouped. `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "a query cannot be grouped by `{Self}`",
    label = "expected a column or an expression of the query"
)]
pub trait GroupPart<S, How> {
    /// The column, or a mark for an expression.
    type Key: 'static;

    #[doc(hidden)]
    fn into_untyped(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, C: ColumnRef + Within<S, I>, I> GroupPart<S, InGroup<I>> for C {
    type Key = C;

    fn into_untyped(self) -> Untyped {
        self.untyped()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Value> GroupPart<S, Anywhere> for Expr<S, T> {
    type Key = Computed<T>;

    fn into_untyped(self) -> Untyped {
        self.untyped
    }
}

/// What [`group_by`](Query::group_by) takes: a column or an expression, or a tuple of up to sixteen. `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "a query cannot be grouped by `{Self}`",
    label = "expected a column or an expression of the query, or a tuple of them"
)]
pub trait Grouping<S, How> {
    /// The columns, with a mark for each expression, as a tuple.
    type Columns: 'static;

    #[doc(hidden)]
    fn into_keys(self) -> Vec<Untyped>;
}

#[diagnostic::do_not_recommend]
impl<S, X: GroupPart<S, How>, How> Grouping<S, Single<How>> for X {
    type Columns = (X::Key,);

    fn into_keys(self) -> Vec<Untyped> {
        vec![self.into_untyped()]
    }
}

impl<S> Grouping<S, ()> for () {
    type Columns = ();

    fn into_keys(self) -> Vec<Untyped> {
        Vec::new()
    }
}

macro_rules! groupings {
    ($($part:ident $index:ident $_n:literal)*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<S, $($index, $part: GroupPart<S, $index>),*> Grouping<S, ($($index,)*)>
            for ($($part,)*)
        {
            type Columns = ($($part::Key,)*);

            fn into_keys(self) -> Vec<Untyped> {
                let ($($part,)*) = self;
                vec![$($part.into_untyped()),*]
            }
        }
    };
}

tuples! { groupings }

impl<S, T: Value> Expr<S, T> {
    /// Returns an expression by which a query is grouped, as what its groups have: to select it, to choose among the
    /// groups, or to order them.
    ///
    /// If the query is not grouped by the very same expression, running it returns
    /// [`Error::Parameter`](ara_core::Error::Parameter).
    ///
    /// ```
    /// use ara::count;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create_all(["Buy milk", "Buy tea", "Think"].map(|title| Todo::draft().title(title)))?;
    /// let word = Todo::title.substr(1, 3);
    /// let words = db.query::<Todo>().group_by(word.clone()).order_by(word.clone().of_group());
    /// let words = words.select((word.of_group(), count())).all()?;
    /// assert_eq!(words, [(Some("Buy".to_owned()), 2), (Some("Thi".to_owned()), 1)]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn of_group<G>(self) -> Expr<Grouped<S, G>, T> {
        Expr::new(self.untyped.of_group())
    }
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Puts the rows that are equal in these columns and expressions into one group.
    ///
    /// From then on the query is one of groups: it can select the columns by which it is grouped, the expressions
    /// [of the group](Expr::of_group), and aggregates such as [`count`](crate::count) and [`sum`](crate::Aggregates::sum), and filters that are
    /// added now choose among the groups.
    ///
    /// ```
    /// use ara::count;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, place: Option<String>, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// for (place, stars) in [("Home", 1), ("Home", 2), ("Work", 5)] {
    ///     db.create(Todo::draft().place(place).stars(stars))?;
    /// }
    /// let places = db.query::<Todo>().narrow(Todo::place).group_by(Todo::place);
    /// let places = places.filter(count().gt(1)).select((Todo::place, count(), Todo::stars.sum()));
    /// assert_eq!(places.all()?, [("Home".to_owned(), 2, Some(3))]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn group_by<G: Grouping<S, How>, How>(
        mut self,
        by: G,
    ) -> Query<'s, Grouped<S, G::Columns>, Unselected<R>> {
        self.clauses.group(by.into_keys());
        self.over()
    }

    /// Aggregates all rows into one, as if they were one group.
    ///
    /// ```
    /// # use ara::count;
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, stars: Option<i64> }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().stars(3))?;
    /// let (todos, stars) = db.query::<Todo>().aggregate((count(), Todo::stars.sum())).one()?;
    /// assert_eq!((todos, stars), (1, Some(3)));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn aggregate<X, How>(self, aggregates: X) -> Query<'s, Grouped<S, ()>, X::Rows>
    where
        X: Selection<Grouped<S, ()>, Unselected<R>, How>,
    {
        self.group_by(()).select(aggregates)
    }
}
