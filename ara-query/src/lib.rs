//! ara's typed queries, compiled to SQL through sea-query.
//!
//! Apps use them through the `ara` crate, which exports all of this.
//!
//! - [`Queries::query`] begins a [`Query`]. Its clauses narrow, filter, order and limit the rows.
//! - Columns and expressions are [`Operand`]s. [`Compare`], [`TextFunctions`], [`NumberFunctions`] and
//!   [`Sort`] are what can be done with them. The result is an [`Expr`], or a [`Filter`] if it is a
//!   condition.
//! - [`Compare`] describes how values are compared that are absent, or stored but not readable by this app.
//!   SQL and Rust agree on it: `count`, `exists`, `limit` and `offset` count the rows that `all` returns.
//! - [`Query::search`] searches for words, and [`rank`] and [`snippet`] tell about what was found.
//! - [`Expr::raw`] takes an expression of [`sea_query`], for what this crate cannot say.
//!
//! In the source, each folder uses only those before it: `untyped` (the clauses of a query without their
//! types, and their SQL), `expr` (typed columns and expressions), `query` (typed queries) and `run`
//! (running them).

#[macro_use]
mod tuple;

mod expr;
mod mutations;
mod queries;
mod query;
mod run;
pub mod sea_query;
mod untyped;

pub use expr::column::{ColumnRef, InTable, Of, OfAlias, ValueOf};
pub use expr::comparand::{Comparand, OptionalComparand, Read};
pub use expr::compare::Compare;
pub use expr::json::{JsonFunctions, JsonPart};
pub use expr::number::{Integer, Number, NumberFunctions, NumberOperand};
pub use expr::order::{IntoOrder, Order, Sort};
pub use expr::param::{OptionalParam, Param, Parameter, Params, ValueOfParam, Values};
pub use expr::scope::{At, Contains, Member, Push, Scope};
pub use expr::text::{TextFunctions, TextOperand, Textual};
pub use expr::time::{LocalTime, TimeFunctions};
pub use expr::{Anywhere, Expr, Filter, IntoFilter, Operand, Within};
pub use mutations::Mutations;
pub use queries::{OwnedQueries, Queries};
pub use query::Query;
pub use query::aggregate::{
    Aggregate, Aggregated, Aggregates, Count, Counted, GroupsOf, OfColumn, count,
};
pub use query::group::{GroupPart, Grouped, GroupedBy, Grouping, InGroup, Unselected};
pub use query::holds::{Holds, HoldsAt};
pub use query::join::{JoinMany, Reference, RefersInto, TargetOf};
pub use query::narrow::{Missable, Narrow, NarrowBy};
pub use query::one_of::{Last, OneOf, Perhaps, SelectedOneOf, VariantOf, one_of};
#[doc(hidden)]
pub use query::one_of::{OneOfColumn, read_variant, refuse_local};
pub use query::rows::{As, Left, Part, Rows};
pub use query::search::{Snippet, rank, snippet};
pub use query::select::{Computed, Item, Selectable, Selected, Selection, Single, Taken};
pub use query::subquery::{InQuery, Referring};
pub use query::view::{StartsWith, View, ViewField, ViewPart, ViewRow, Viewed};
pub use run::cursor::Cursor;
#[doc(hidden)]
pub use run::export::{ExportColumn, ExportItem, ExportPart};
pub use run::export::{ExportRows, Exporter};
pub use run::many::WithMany;
pub use run::page::Page;
pub use run::prepared::Prepared;
pub use run::raw_sql::{IntoSql, Sql};
pub use run::sql_row::SqlRow;
pub use run::union::Union;
pub use run::unreadable::UnreadableColumn;
pub use run::watch::{Results, Watch};
pub use run::write::OneTable;
pub use untyped::member::MemberRef;

/// Declares aliases, so that a query can read the same table twice: see
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
            // No stored name of a table has a space in it.
            const CALLED: &'static str = concat!("as ", stringify!($alias));
        }
    )+};
}
