//! Joining tables by references.

use ara_core::{Column, Id, Table};
use sea_query::JoinType;

use crate::expr::Within;
use crate::expr::column::{ColumnRef, InTable, Of, ValueOf};
use crate::expr::scope::{Contains, Member, Push, Scope};
use crate::query::Query;
use crate::query::rows::{As, Left};
use crate::untyped::column::ColumnTerm;
use crate::untyped::join::Joined;
use crate::untyped::member::{MemberRef, refuse_twice};

/// The type of a column that refers to the rows of a table: [`Id`] of that table.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` refers to no table",
    label = "expected a column of type `Id<..>`, such as `Todo::category_id`"
)]
pub trait Reference {
    /// The table that it refers to.
    type Target: Table;
}

impl<T: Table> Reference for Id<T> {
    type Target = T;
}

/// The table that a column refers to.
pub type TargetOf<C> = <ValueOf<C> as Reference>::Target;

/// The table that a column belongs to.
type TableOf<C> = <<C as ColumnRef>::Member as Member>::Table;

/// The rows of a table while no column is narrowed.
type RowOf<T> = <T as Table>::Row;

/// A column that refers to one of the tables `S`, a tuple. `I` is inferred: it is the position of that table.
#[diagnostic::on_unimplemented(
    message = "`{Self}` refers to no table of this query",
    label = "the query reads `{S}`",
    note = "`join_many` takes a column of another table that refers to one of the query's: \
            `db.query::<Todo>().join_many(Comment::todo_id)`"
)]
pub trait RefersInto<S, I> {}

#[diagnostic::do_not_recommend]
impl<S: Contains<TargetOf<C>, I>, C: ColumnRef, I> RefersInto<S, InTable<I>> for C where
    ValueOf<C>: Reference
{
}

/// # Joins
///
/// The columns of a joined table can be narrowed, filtered and ordered by like those of the first one. The
/// query returns tuples, with a row of each table. Deleted rows of joined tables are left out.
///
/// A query can read a table under its own name only once. To join a table with itself, or once more by
/// another column, give it an [alias](crate::alias); without one, the query does not compile.
impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Joins the row that a column refers to. Rows that refer to nothing are left out, and so are those
    /// that refer to a row which is deleted or not there.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Category { id: Id<Category>, name: String }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, category_id: Option<Id<Category>> }
    ///
    /// let db = Database::memory()?;
    /// let home = db.create(Category::draft().name("Home"))?;
    /// db.create(Todo::draft().title("Buy milk").category_id(home))?;
    /// db.create(Todo::draft().title("Think"))?;
    ///
    /// let joined = db.query::<Todo>().join(Todo::category_id).narrow(Category::name);
    /// let (todo, category) = joined.one()?;
    /// assert_eq!((todo.title.as_deref(), &*category.name), (Some("Buy milk"), "Home"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn join<C, I>(self, column: C) -> Query<'s, S::Out, R::Out>
    where
        C: ColumnRef + Within<S, I>,
        S: Push<TargetOf<C>, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<RowOf<TargetOf<C>>>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = column;
        self.joined(to::<C, TargetOf<C>>(JoinType::InnerJoin))
    }

    /// Joins the row that a column refers to, which comes as an `Option`. It is `None` for rows that refer to
    /// nothing, or to a row which is deleted or not there.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Category { id: Id<Category>, name: String }
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, category_id: Option<Id<Category>> }
    /// # let db = Database::memory()?;
    /// let home = db.create(Category::draft().name("Home"))?;
    /// db.create(Todo::draft().title("Buy milk").category_id(home))?;
    /// db.create(Todo::draft().title("Think"))?;
    ///
    /// let todos = db.query::<Todo>().left_join(Todo::category_id).order_by(Todo::title).all()?;
    /// let (milk, think) = (&todos[0], &todos[1]);
    /// assert_eq!(milk.1.as_ref().and_then(|category| category.name.as_deref()), Some("Home"));
    /// assert!(think.1.is_none());
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn left_join<C, I>(self, column: C) -> Query<'s, S::Out, R::Out>
    where
        C: ColumnRef + Within<S, I>,
        S: Push<TargetOf<C>, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<Left<RowOf<TargetOf<C>>>>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = column;
        self.joined(to::<C, TargetOf<C>>(JoinType::LeftJoin))
    }

    /// Joins the row that a column refers to, as [`join`](Self::join) does, and reads its table under an
    /// alias. So a table can be joined with itself, or twice.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Employee { id: Id<Employee>, name: String, boss_id: Option<Id<Employee>> }
    ///
    /// ara::alias! { Boss: Employee }
    ///
    /// let db = Database::memory()?;
    /// let ada = db.create(Employee::draft().name("Ada"))?;
    /// db.create(Employee::draft().name("Bob").boss_id(ada))?;
    ///
    /// let pairs = db.query::<Employee>().join_as(Boss, Employee::boss_id);
    /// let (bob, boss) = pairs.filter(Employee::name.of(Boss).eq("Ada")).narrow_all().one()?;
    /// assert_eq!((&*bob.name, &*boss.name), ("Bob", "Ada"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn join_as<A, C, I>(self, alias: A, column: C) -> Query<'s, S::Out, R::Out>
    where
        A: Member<Table = TargetOf<C>>,
        C: ColumnRef + Within<S, I>,
        S: Push<A, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<As<A, RowOf<TargetOf<C>>>>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = (alias, column);
        self.joined(to::<C, A>(JoinType::InnerJoin))
    }

    /// Joins the row that a column refers to, as [`left_join`](Self::left_join) does, and reads its table
    /// under an alias.
    pub fn left_join_as<A, C, I>(self, alias: A, column: C) -> Query<'s, S::Out, R::Out>
    where
        A: Member<Table = TargetOf<C>>,
        C: ColumnRef + Within<S, I>,
        S: Push<A, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<Left<As<A, RowOf<TargetOf<C>>>>>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = (alias, column);
        self.joined(to::<C, A>(JoinType::LeftJoin))
    }

    /// Joins the rows that refer by this column to the rows of a table of the query. Each of those comes
    /// once for each row that refers to it, and is left out if none does.
    ///
    /// The column of an alias, such as `Comment::todo_id.of(Reply)`, reads their table under that alias: see
    /// [`OfAlias::of`](crate::OfAlias::of).
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
    /// for text in ["Oat?", "Oat."] {
    ///     db.create(Comment::draft().todo_id(milk).text(text))?;
    /// }
    /// assert_eq!(db.query::<Todo>().join_many(Comment::todo_id).count()?, 2);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn join_many<C, I>(self, column: C) -> Query<'s, S::Out, R::Out>
    where
        C: JoinMany + RefersInto<S, I>,
        S: Push<C::Member, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<C::Part>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = column;
        self.joined(from::<C>(JoinType::InnerJoin))
    }

    /// Joins the rows that refer by this column to the rows of a table of the query, as
    /// [`join_many`](Self::join_many) does. They come as an `Option`: a row to which none refers comes
    /// once, with `None`.
    pub fn left_join_many<C, I>(self, column: C) -> Query<'s, S::Out, R::Out>
    where
        C: JoinMany + RefersInto<S, I>,
        S: Push<C::Member, Out: Scope>,
        ValueOf<C>: Reference,
        R: Push<Left<C::Part>>,
    {
        const { refuse_twice(<S::Out as Scope>::MEMBERS) };
        let _ = column;
        self.joined(from::<C>(JoinType::LeftJoin))
    }

    fn joined<T: Scope, Q>(mut self, joined: Joined) -> Query<'s, T, Q> {
        self.clauses.joins.push(joined);
        self.over()
    }
}

/// Joins the row that the column `C` refers to, as `M`.
fn to<C: ColumnRef, M: Member>(kind: JoinType) -> Joined {
    Joined::one(kind, MemberRef::of::<M>(), C::term())
}

/// Joins the rows that refer to a row of the query by the column `C`.
fn from<C: ColumnRef>(kind: JoinType) -> Joined
where
    ValueOf<C>: Reference,
{
    let id = ColumnTerm::id(MemberRef::of::<TargetOf<C>>());
    Joined::many(kind, MemberRef::of::<C::Member>(), C::term(), id)
}

/// A column by which [`join_many`](Query::join_many) joins its table.
pub trait JoinMany: ColumnRef {
    /// What the query returns of that table: a row, or a row [`As`] the alias.
    type Part;
}

impl<C: Column> JoinMany for C {
    type Part = RowOf<TableOf<C>>;
}

impl<A: Member<Table = C::Table>, C: Column> JoinMany for Of<A, C> {
    type Part = As<A, RowOf<C::Table>>;
}
