//! Several columns of a row of which the one counts that was edited last.

use std::marker::PhantomData;

use ara_core::schema::{Text, same};
use ara_core::{Column, Stored, Table, Value, one_of_value};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::expr::column::{ColumnRef, InTable};
use crate::expr::scope::{Contains, Push, Scope};
use crate::query::Query;
use crate::query::rows::Part;
use crate::query::select::{Item, Selectable};
use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::Condition;
use crate::untyped::member::MemberRef;
use crate::untyped::one_of::OneOfTerm;
use crate::untyped::term::{Term, Untyped};

/// An enum each of whose variants is a column of a table. Of a row, the one counts that was edited last.
/// `#[derive(OneOf)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one of several columns",
    label = "not an enum of columns",
    note = "put `#[derive(OneOf)] #[one_of(Todo)]` on an enum whose variants are columns of the table `Todo`"
)]
pub trait OneOf: Sized + 'static {
    /// The table that the columns belong to.
    type Table: Table;

    #[doc(hidden)]
    fn columns() -> Vec<OneOfColumn>;

    #[doc(hidden)]
    fn read(at: usize, stored: Stored<'_>) -> Option<Self>;
}

/// A column that a variant of a [`OneOf`] stands for.
#[doc(hidden)]
#[derive(Debug)]
pub struct OneOfColumn(ColumnTerm);

impl OneOfColumn {
    /// Returns a column of the table `T`.
    pub fn new<T: Table, C: Column<Table = T>>(column: C) -> Self {
        let _ = column;
        Self(<C as ColumnRef>::term())
    }
}

/// What a variant holds that stands for the column `C`: a value of the column. The trait exists for the compiler's
/// message.
#[diagnostic::on_unimplemented(
    message = "the variant holds a `{Self}`, and column `{C}` values of another type",
    label = "expected the type of the column, without its `Option`"
)]
pub trait VariantOf<C>: Sized {
    #[doc(hidden)]
    fn from_stored(stored: Stored<'_>) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<C: Column<Value = V>, V: Value> VariantOf<C> for V {
    fn from_stored(stored: Stored<'_>) -> Option<V> {
        V::read(stored)
    }
}

/// Reads what a variant holds.
#[doc(hidden)]
pub fn read_variant<C: Column, V: VariantOf<C>>(column: C, stored: Stored<'_>) -> Option<V> {
    let _ = column;
    V::from_stored(stored)
}

/// Panics, at compile time, if the table keeps no clocks.
#[doc(hidden)]
#[track_caller]
pub const fn refuse_local<T: Table>() {
    assert!(
        !T::TABLE.local,
        "a local table does not keep which of its columns was edited last: it has no change log"
    );
}

impl OneOfTerm {
    /// Returns the columns of an enum.
    pub(crate) fn of<E: OneOf>() -> Self {
        let columns = E::columns().into_iter().map(|column| column.0);
        Self::new(MemberRef::of::<E::Table>(), columns.collect())
    }
}

/// Reads what is selected of the columns of an enum.
pub(crate) fn read<E: OneOf>(value: ValueRef<'_>) -> Option<E> {
    let (at, stored) = one_of_value(value)?;
    E::read(at, stored)
}

/// Marks the value of a [`OneOf`] among the rows of a query, which returns an `E`.
#[derive(Debug)]
pub struct Last<E>(PhantomData<fn() -> E>);

impl<E: OneOf> Part for Last<E> {
    type Output = E;
    type Whole = Self;

    fn required(_: &mut Vec<ColumnTerm>) {}

    #[inline]
    fn width() -> usize {
        1
    }

    #[inline]
    fn from_row(row: &Row<'_>, first: usize) -> Option<E> {
        read(row.get_ref(first).ok()?)
    }
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Returns with each row which of several columns was edited last, and its value: `E` is an enum with a variant for
    /// each of them, for which `#[derive(OneOf)]` is. Rows with none of them are left out.
    ///
    /// It is for columns that have replaced one another, where the code is to know which of them an app has written
    /// last: an exhaustive `match` shows every place that has to learn a new variant.
    ///
    /// - The edit counts that wins over the others, as `ara` decides it for a column, whichever device made it and
    ///   whatever version of the app. Of columns that one change has set, the variant that comes first counts.
    /// - If this version of the app cannot read the value that was set last, the one that was set last of those counts
    ///   that it can read.
    /// - A row whose last edit of all has cleared a column has none.
    /// - What ara has written into a column for older versions of the app is no edit.
    ///
    /// [`select`](Self::select) takes [`one_of`](crate::one_of), and a view has fields with `#[view(one_of)]`.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo {
    ///     id: Id<Todo>,
    ///     title: Option<NonEmptyString<1000>>,
    ///     content: Option<Json<Vec<String>>>,
    /// }
    ///
    /// #[derive(Debug, PartialEq, OneOf)]
    /// #[one_of(Todo)]
    /// enum Body {
    ///     Content(Json<Vec<String>>),
    ///     Title(NonEmptyString<1000>),
    /// }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft())?;
    /// let bodies = db.query::<Todo>().one_of::<Body>();
    /// let (todo, body) = bodies.clone().one()?;
    /// assert_eq!((todo.id, body), (milk, Body::Title("Buy milk".parse()?)));
    ///
    /// db.update(Todo::patch(milk).content(Json(vec!["Buy".to_owned(), "oat milk".to_owned()])))?;
    /// match bodies.one()?.1 {
    ///     Body::Content(content) => assert_eq!(content.0.len(), 2),
    ///     Body::Title(title) => panic!("{title} was set before"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn one_of<E: OneOf>(mut self) -> Query<'s, S, R::Out>
    where
        R: Push<Last<E>>,
    {
        const { refuse_unread(<S as Scope>::MEMBERS, <E::Table as Table>::NAME) };
        self.clauses.one_of(OneOfTerm::of::<E>());
        self.over()
    }
}

/// Refuses columns of a table that a query does not read. It is called in a `const` block, so that a user sees its panic
/// as a compile error, with the line of the call.
const fn refuse_unread(members: &[MemberRef], table: &str) {
    let mut at = 0;
    while at < members.len() {
        if same(members[at].name, table) {
            return;
        }
        at += 1;
    }
    let mut bytes = [0; 200];
    let mut text = Text::new(&mut bytes);
    text.push("this query does not read `");
    text.push(table);
    text.push("`, whose columns the enum names: join it first");
    panic!("{}", text.as_str());
}

/// Returns which of several columns was edited last, and its value, to be [selected](Query::select). It is `None` for rows
/// with none of them: see [`Query::one_of`].
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: Option<String>, stars: Option<i64> }
///
/// #[derive(Debug, PartialEq, OneOf)]
/// #[one_of(Todo)]
/// enum Weight { Stars(i64), #[one_of(title)] Word(String) }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Heavy"))?;
/// db.create(Todo::draft())?;
/// let weights = db.query::<Todo>().order_by(Todo::title.desc()).select(ara::one_of::<Weight>());
/// assert_eq!(weights.all()?, [Some(Weight::Word("Heavy".to_owned())), None]);
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use]
pub fn one_of<E: OneOf>() -> SelectedOneOf<E> {
    SelectedOneOf(PhantomData)
}

/// The value of a [`OneOf`], to be selected: see [`one_of`].
#[derive(Debug)]
pub struct SelectedOneOf<E>(PhantomData<fn() -> E>);

#[diagnostic::do_not_recommend]
impl<S: Contains<E::Table, I>, R, I, E: OneOf> Selectable<S, R, InTable<I>> for SelectedOneOf<E> {
    type Item = Perhaps<E>;

    fn into_untyped(self) -> Untyped {
        Untyped::from(Term::Computed(OneOfTerm::of::<E>().value()))
    }
}

/// The [`Item`] of a [`OneOf`], which is returned as an `Option`.
#[derive(Debug)]
pub struct Perhaps<E>(PhantomData<fn() -> E>);

impl<E: OneOf> Item for Perhaps<E> {
    // What SQL gives, should the query become a part of another one.
    type Value = Vec<u8>;
    type Output = Option<E>;

    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<Option<E>> {
        Some(stored.as_ref().and_then(|stored| read(stored.to_sql())))
    }
}

impl OneOfTerm {
    /// Returns the filter that keeps the rows with one of the columns.
    pub(crate) fn filter(&self) -> Untyped {
        Untyped::from(Term::Condition(Condition::One(self.is_there())))
    }
}
