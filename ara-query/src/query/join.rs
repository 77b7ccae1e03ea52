//! Joining tables through references.

use ara_core::{Id, Table};
use sea_query::{BinOper, Expr as Sql, JoinType};

use crate::expr::Within;
use crate::expr::column::{ColumnRef, InTable, ValueOf};
use crate::expr::scope::{Contains, Member, MemberRef, Push, Scope, refuse_twice};
use crate::query::Query;
use crate::query::rows::{As, Left};
use crate::untyped::sql::{and, binary, constant};
use crate::untyped::term::ColumnTerm;

/// The types of columns that refer to rows of a table: `Id` of it. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` refers to no table",
    label = "expected a column of type `Id<..>`, such as `Todo::category_id`"
)]
pub trait Reference {
    /// The table.
    type Target: Table;
}

impl<T: Table> Reference for Id<T> {
    type Target = T;
}

/// The table that a column refers to.
pub type TargetOf<C> = <ValueOf<C> as Reference>::Target;

/// The table that a column belongs to.
type TableOf<C> = <<C as ColumnRef>::Member as Member>::Table;

/// The rows of a table when nothing is narrowed.
type RowOf<T> = <T as Table>::Row;

/// A column that refers to one of the tables `S`; `I`, which of them, is inferred. It exists for its
/// message.
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

/// A table that is joined, without its type.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    pub member: MemberRef,
    pub kind: JoinType,
    pub on: Sql,
    /// Whether a row may be joined with several of them.
    pub are_many: bool,
}

impl Joined {
    /// Joins the rows of `M` that are not deleted, and in which the two columns are the same.
    fn new<M: Member>(kind: JoinType, one: ColumnTerm, other: ColumnTerm) -> Self {
        let same = binary(one.sql(), BinOper::Equal, other.sql());
        let deleted = Sql::col((M::CALLED, "is_deleted"));
        let alive = binary(deleted, BinOper::IsNot, constant(1_i64));
        Self { member: MemberRef::of::<M>(), kind, on: and(same, alive), are_many: false }
    }
}

/// # Joins
///
/// A joined table's columns can be narrowed, filtered and ordered by like those of the first. Rows come
/// as tuples, one row of each table. Deleted rows of a joined table are left out.
///
/// A query reads a table once by its own name. What joins it once more, with itself or by another column,
/// gives it an alias; without one, the query does not compile.
impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Joins the row that a column refers to. Rows that refer to nothing, or to a row that is not there or
    /// is deleted, are left out.
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

    /// Joins the row that a column refers to, where there is one: it comes as an `Option`.
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

    /// As [`join`](Self::join), reading the table under an alias: to join a table with itself, or twice.
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

    /// As [`left_join`](Self::left_join), reading the table under an alias.
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

    /// Joins the rows that refer to a table of this query through a column of theirs: a row comes once
    /// for each of them, and not at all without any.
    ///
    /// With [`Member::of`](crate::OfAlias::of), `Comment::todo_id.of(Reply)`, it reads their table under an
    /// alias.
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

    /// As [`join_many`](Self::join_many), and a row to which none refers comes once, with `None`.
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

/// To the row that the column `C` refers to, as `M`.
fn to<C: ColumnRef, M: Member>(kind: JoinType) -> Joined {
    Joined::new::<M>(kind, ColumnTerm::id::<M>(), C::term())
}

/// To the rows of which the column `C` refers to a row of the query.
fn from<C: ColumnRef>(kind: JoinType) -> Joined
where
    ValueOf<C>: Reference,
{
    let one = Joined::new::<C::Member>(kind, C::term(), ColumnTerm::id::<TargetOf<C>>());
    Joined { are_many: true, ..one }
}

/// A column whose table can be joined by it: what the query returns of that table.
pub trait JoinMany: ColumnRef {
    /// A row, or a row [`As`] the alias.
    type Part;
}

impl<C: ara_core::Column> JoinMany for C {
    type Part = RowOf<TableOf<C>>;
}

impl<A: Member<Table = C::Table>, C: ara_core::Column> JoinMany for crate::expr::column::Of<A, C> {
    type Part = As<A, RowOf<C::Table>>;
}
