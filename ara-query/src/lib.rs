//! ara's typed queries: what Rust can say about rows, compiled to SQL through sea-query.
//!
//! Apps use it through the `ara` crate, which re-exports it.
//!
//! - [`Queries::query`] starts a [`Query`], whose clauses narrow, filter, order and cut its rows.
//! - Columns and expressions are [`Operand`]s. [`Compare`], [`TextFunctions`], [`NumberFunctions`] and
//!   [`Sort`] are what can be done with them, [`Expr`] is what comes of it, and [`Filter`] an expression
//!   that is true or not.
//! - What is absent, or stored but not readable by this app, follows the rules that [`Compare`] tells.
//!   SQL and Rust agree on it: `count`, `exists`, `limit` and `offset` count the rows that `all` returns.
//! - [`Query::search`] finds words; [`rank`] and [`snippet`] tell of what was found.
//! - [`Expr::raw`] takes what this crate has no word for, as an expression of [`sea_query`].

#[macro_use]
mod tuple;

mod expr;
mod queries;
mod query;
mod run;
pub mod sea_query;
mod untyped;

pub use expr::column::{ColumnRef, InTable, Of, OfAlias, ValueOf};
pub use expr::comparand::{Comparand, OptionalComparand, Read};
pub use expr::compare::Compare;
pub use expr::number::{Integer, Number, NumberFunctions, NumberOperand};
pub use expr::order::{IntoOrder, Order, Sort};
pub use expr::scope::{At, Contains, Member, MemberRef, Push, Scope};
pub use expr::text::{Text, TextFunctions, TextOperand};
pub use expr::{Anywhere, Expr, Filter, IntoFilter, Operand, Within};
pub use queries::Queries;
pub use query::Query;
pub use query::aggregate::{Aggregates, Count, Counted, count};
pub use query::group::{Grouped, GroupedBy, Grouping, InGroup, Unselected};
pub use query::join::{JoinMany, Reference, RefersInto, TargetOf};
pub use query::narrow::{Missable, Narrow, NarrowBy};
pub use query::rows::{As, Left, Part, Rows};
pub use query::search::{Snippet, rank, snippet};
pub use query::select::{
    Computed, Holds, HoldsAt, Item, Selectable, Selected, Selection, Single, Taken,
};
pub use query::subquery::{InQuery, Referring};
pub use query::view::{StartsWith, View, ViewPart, ViewRow, Viewed};
pub use run::many::WithMany;
pub use run::page::{Cursor, Page};
pub use run::prepared::{Param, Params, Prepared, Values};
pub use run::raw_sql::{IntoSql, Sql, SqlRow};
pub use run::union::Union;
pub use run::unreadable::UnreadableColumn;
pub use run::watch::Watch;

/// Declares aliases, under which a query reads a table once more: see
/// [`join_as`](crate::Query::join_as).
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Employee { pub id: Id<Employee>, pub boss_id: Option<Id<Employee>> }
///
/// ara::alias! { pub Boss: Employee }
/// ```
#[macro_export]
macro_rules! alias {
    ($($(#[$attribute:meta])* $vis:vis $alias:ident: $table:path),+ $(,)?) => {$(
        #[doc = concat!("The table [`", stringify!($table), "`] once more.")]
        $(#[$attribute])*
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        $vis struct $alias;

        impl $crate::Member for $alias {
            type Table = $table;
            // No table has a space in its name.
            const CALLED: &'static str = concat!("as ", stringify!($alias));
        }
    )+};
}
