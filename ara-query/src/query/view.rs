//! Views: structs of the app that hold columns of a query.

use std::marker::PhantomData;

use ara_core::{FieldOf, Stored, Value};
use rusqlite::Row;

use crate::expr::column::ColumnRef;
use crate::expr::scope::{Contains, Scope};
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::Query;
use crate::query::aggregate::{Aggregate, Count};
use crate::query::group::{Grouped, InGroup};
use crate::query::one_of::{self, OneOf};
use crate::query::rows::Rows;
use crate::untyped::column::ColumnTerm;
use crate::untyped::null_rules;
use crate::untyped::one_of::OneOfTerm;
use crate::untyped::term::{Term, Untyped};

/// A struct whose fields are columns of a query over the tables `S`: `#[derive(View)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view of this query",
    label = "the query reads `{S}`",
    note = "put `#[derive(View)] #[view(Todo)]` on the struct, and name all tables of the query that it \
            reads, from the first on: `#[view(Todo, Category)]`",
    note = "a view of the groups of a query is `#[view(Todo, grouped)]`"
)]
pub trait View<S>: Sized {
    #[doc(hidden)]
    fn parts() -> Vec<ViewPart>;

    #[doc(hidden)]
    fn from_row(row: &ViewRow<'_>) -> Option<Self>;
}

/// A column or an expression that a view reads, or the one of several columns that was edited last.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewPart {
    of: ViewPartOf,
    /// Whether rows without it are left out.
    is_narrowed: bool,
}

/// What a part of a view is.
#[doc(hidden)]
#[derive(Debug)]
pub enum ViewPartOf {
    Column(ColumnTerm),
    Computed(Untyped),
    OneOf(OneOfTerm),
}

impl ViewPart {
    /// Returns what a query over `T` reads for a field.
    pub fn new<T, X: ViewField<T, I>, I>(field: X, is_narrowed: bool) -> Self {
        Self { of: field.part(), is_narrowed }
    }

    /// Returns the one of several columns of one of the tables `T`.
    pub fn one_of<T: Contains<E::Table, I>, E: OneOf, I>(is_narrowed: bool) -> Self {
        Self { of: ViewPartOf::OneOf(OneOfTerm::of::<E>()), is_narrowed }
    }
}

/// A row that a view is read from, with a value for each of the view's parts.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewRow<'a>(&'a Row<'a>);

impl ViewRow<'_> {
    /// Reads the column or expression at this position as an `F`. The function, which is not called, tells which that
    /// is.
    #[inline]
    pub fn field<T, X, F, I>(&self, at: usize, field: impl FnOnce() -> X) -> Option<F>
    where
        X: ViewField<T, I, ReadAs: FieldRead<F>>,
    {
        let _ = field;
        <X::ReadAs as FieldRead<F>>::read(self.0.get_ref(at).ok().and_then(Stored::from_sql))
    }

    /// Reads the one of several columns at this position.
    #[inline]
    pub fn one_of<E: OneOf>(&self, at: usize) -> Option<E> {
        one_of::read(self.0.get_ref(at).ok()?)
    }
}

/// What a field of a view over `T` can be of: a column, an expression or an aggregate. `I` is inferred.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of this query",
    label = "the view reads `{T}`",
    note = "join the table first, or take a column of a table that the query reads",
    note = "an aggregate is of a view of groups: `#[view(Todo, grouped)]`"
)]
pub trait ViewField<T, I> {
    /// How it is read.
    type ReadAs;

    #[doc(hidden)]
    fn part(self) -> ViewPartOf;
}

/// The fields as which something can be read.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "what this field reads is no `{F}`",
    label = "expected the type of what it reads, or an `Option` of it"
)]
pub trait FieldRead<F> {
    #[doc(hidden)]
    fn read(stored: Option<Stored<'_>>) -> Option<F>;
}

/// Marks what is read as the column `C`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsColumn<C>(PhantomData<fn() -> C>);

impl<C, F: FieldOf<C>> FieldRead<F> for AsColumn<C> {
    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<F> {
        F::from_stored_column(stored)
    }
}

/// Marks what is read as a value of type `T`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsValue<T>(PhantomData<fn() -> T>);

impl<T: Value> FieldRead<T> for AsValue<T> {
    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<T> {
        stored.and_then(T::read)
    }
}

impl<T: Value> FieldRead<Option<T>> for AsValue<T> {
    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<Option<T>> {
        Some(stored.and_then(T::read))
    }
}

#[diagnostic::do_not_recommend]
impl<T, C: ColumnRef + Within<T, I>, I> ViewField<T, (I,)> for C {
    type ReadAs = AsColumn<C::Column>;

    fn part(self) -> ViewPartOf {
        ViewPartOf::Column(C::term())
    }
}

/// A column of a view of groups. That these have it is known only when the query is run.
#[diagnostic::do_not_recommend]
impl<T: Contains<C::Member, I>, C: ColumnRef, I> ViewField<Grouped<T, ()>, InGroup<I>> for C {
    type ReadAs = AsColumn<C::Column>;

    fn part(self) -> ViewPartOf {
        ViewPartOf::Column(C::term())
    }
}

macro_rules! computed_fields {
    ($($ty:ty: $value:ty where $($params:ident)*;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T, $($params),*> ViewField<T, Anywhere> for $ty
        where
            Self: Operand<Value = $value>,
        {
            type ReadAs = AsValue<$value>;

            fn part(self) -> ViewPartOf {
                ViewPartOf::Computed(self.untyped())
            }
        }
    )*};
}

computed_fields! {
    Expr<T, V>: V where V;
    Aggregate<T, O, V>: V where O V;
    Count<T>: i64 where;
}

/// A tuple of tables that begins with the tables `T`, a tuple too.
#[diagnostic::on_unimplemented(
    message = "the query does not read the tables of the view",
    label = "the query reads `{Self}`, and the view `{T}`",
    note = "join the tables that the view names, in its order"
)]
pub trait StartsWith<T> {}

macro_rules! starts_with {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<$($before,)* $at, $($after),*> StartsWith<($($before,)* $at,)>
            for ($($before,)* $at, $($after,)*)
        {
        }
    };
}

members! { tables starts_with }

/// The third parameter of a [`Query`] after [`view::<V>()`](Query::view): name it in return types. `S` are the
/// tables that the query reads, as a tuple.
///
/// ```
/// use ara::Viewed;
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// #[derive(View)]
/// #[view(Todo)]
/// struct Line { title: String }
///
/// fn lines(db: &Database) -> Query<'_, (Todo,), Viewed<Line, (Todo,)>> {
///     db.query::<Todo>().view()
/// }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Buy milk"))?;
/// assert_eq!(lines(&db).order_by(Todo::title).one()?.title, "Buy milk");
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug)]
pub struct Viewed<V, S>(PhantomData<fn() -> (V, S)>);

impl<V: View<S>, S> Rows for Viewed<V, S> {
    type Output = V;
    type Whole = Self;

    fn required() -> Vec<ColumnTerm> {
        Vec::new()
    }

    #[inline]
    fn from_row(row: &Row<'_>) -> Option<V> {
        V::from_row(&ViewRow(row))
    }
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Returns views instead of rows.
    ///
    /// The columns of fields that are no `Option` are narrowed, also those of a table that is joined by
    /// [`left_join`](Self::left_join): rows without them are left out.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Category { id: Id<Category>, name: String }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: Option<bool>, category_id: Option<Id<Category>> }
    ///
    /// #[derive(Debug, PartialEq, View)]
    /// #[view(Todo, Category)]
    /// struct TodoItem {
    ///     title: String,
    ///     done: Option<bool>,
    ///     #[view(Category::name)]
    ///     category: Option<String>,
    /// }
    ///
    /// fn items(db: &Database) -> ara::Result<Vec<TodoItem>> {
    ///     db.query::<Todo>().left_join(Todo::category_id).view::<TodoItem>().all()
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Think"))?;
    /// assert_eq!(items(&db)?, [TodoItem { title: "Think".into(), done: None, category: None }]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// A view of the groups of a query has columns by which these are grouped, and aggregates:
    ///
    /// ```
    /// use ara::count;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, place: Option<String>, stars: i64 }
    ///
    /// #[derive(Debug, PartialEq, View)]
    /// #[view(Todo, grouped)]
    /// struct Place {
    ///     place: String,
    ///     #[view(count())]
    ///     todos: i64,
    ///     #[view(Todo::stars.sum())]
    ///     stars: Option<i64>,
    /// }
    ///
    /// let db = Database::memory()?;
    /// for stars in [1, 4] {
    ///     db.create(Todo::draft().place("Home".to_owned()).stars(stars))?;
    /// }
    /// let places = db.query::<Todo>().group_by(Todo::place).view::<Place>().all()?;
    /// assert_eq!(places, [Place { place: "Home".to_owned(), todos: 2, stars: Some(5) }]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn view<V: View<S>>(mut self) -> Query<'s, S, Viewed<V, S>> {
        let parts = V::parts();
        let (mut narrowed, mut selected) = (Vec::new(), Vec::with_capacity(parts.len()));
        for ViewPart { of, is_narrowed } in parts {
            selected.push(match of {
                ViewPartOf::Column(column) => {
                    narrowed.extend(is_narrowed.then_some(column));
                    let column = Untyped::column(column);
                    if self.clauses.is_grouped() { column.of_group() } else { column }
                }
                ViewPartOf::Computed(computed) => {
                    if is_narrowed {
                        self.clauses.filter(null_rules::is_there(computed.clone()));
                    }
                    computed
                }
                ViewPartOf::OneOf(one_of) => {
                    if is_narrowed {
                        self.clauses.filter(one_of.filter());
                    }
                    Untyped::from(Term::Computed(one_of.value()))
                }
            });
        }
        self.clauses.narrowed.extend(&narrowed);
        self.clauses.select(selected);
        // A column that the query had narrowed before may be an `Option` of the view, which then returns a
        // row without it.
        self.clauses.seeing(&narrowed);
        self.over()
    }
}
