//! ara's typed queries: what Rust can say about rows, compiled to SQL through sea-query.
//!
//! Apps use it through the `ara` crate, which re-exports it.

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
