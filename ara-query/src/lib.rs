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

mod aggregate;
mod bind;
mod clauses;
mod column;
mod comparand;
mod compare;
mod condition;
mod digest;
mod explain;
mod expr;
mod group;
mod join;
mod many;
mod named_rows;
mod narrow;
mod notes;
mod null_rules;
mod number;
mod order;
mod page;
mod prepare;
mod query;
mod raw_sql;
mod readable;
mod reader;
mod rows;
mod run;
mod scope;
pub mod sea_query;
mod search;
mod select;
mod sql;
#[cfg(feature = "stream")]
mod stream;
mod subquery;
mod term;
mod text;
mod union;
mod unreadable;
mod view;
mod watch;

pub use aggregate::{Aggregates, Count, Counted, count};
pub use column::{ColumnRef, InTable, Of, OfAlias, ValueOf};
pub use comparand::{Comparand, OptionalComparand, Read};
pub use compare::Compare;
pub use expr::{Anywhere, Expr, Filter, IntoFilter, Operand, Within};
pub use group::{Grouped, GroupedBy, Grouping, InGroup, Unselected};
pub use join::{JoinMany, Reference, RefersInto, TargetOf};
pub use many::WithMany;
pub use narrow::{Missable, Narrow, NarrowBy};
pub use number::{Integer, Number, NumberFunctions, NumberOperand};
pub use order::{IntoOrder, Order, Sort};
pub use page::{Cursor, Page};
pub use prepare::{Param, Params, Prepared, Values};
pub use query::{Queries, Query};
pub use raw_sql::{IntoSql, Sql, SqlRow};
pub use rows::{As, Left, Part, Rows};
pub use scope::{At, Contains, Member, MemberRef, Push, Scope};
pub use search::{Snippet, rank, snippet};
pub use select::{Computed, Holds, HoldsAt, Item, Selectable, Selected, Selection, Single, Taken};
pub use subquery::{InQuery, Referring};
pub use text::{Text, TextFunctions, TextOperand};
pub use union::Union;
pub use unreadable::UnreadableColumn;
pub use view::{StartsWith, View, ViewPart, ViewRow, Viewed};
pub use watch::Watch;

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
