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
//! - [`Expr::raw`] takes what this crate has no word for, as an expression of [`sea_query`].

#[macro_use]
mod tuple;

mod bind;
mod clauses;
mod comparand;
mod compare;
mod condition;
mod expr;
mod narrow;
mod null_rules;
mod number;
mod order;
mod query;
mod readable;
mod rows;
mod run;
mod scope;
pub mod sea_query;
mod sql;
mod term;
mod text;

pub use comparand::{Comparand, OptionalComparand, Read};
pub use compare::Compare;
pub use expr::{Anywhere, Expr, Filter, IntoFilter, Operand, Within};
pub use narrow::{Narrow, NarrowBy};
pub use number::{Integer, Number, NumberFunctions, NumberOperand};
pub use order::{IntoOrder, Order, Sort};
pub use query::{Queries, Query};
pub use rows::Rows;
pub use scope::{At, Contains, Scope};
pub use text::{Text, TextFunctions, TextOperand};
