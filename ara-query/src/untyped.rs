//! What a query says, without the types that it says it with, and the SQL that this makes.
//!
//! The typed side (`expr`, `query`) checks what is put together, and leaves the work to the functions
//! here, which are compiled once and not once for each type.
//!
//! - An operand is a [term](term): a [column](column), a value, an expression or a [condition](condition).
//!   The [null rules](null_rules) compare two of them, and [`readable`] is the SQL that tells which stored
//!   values the app can read. [Notes](notes) go along with a term: what is to be known besides its SQL.
//! - The [clauses](clauses) are what a query was asked for. They are [compiled](compile) to a
//!   [select](select), and that to [statements](statement), which hold their values apart.

pub(crate) mod after;
pub(crate) mod children;
pub(crate) mod clauses;
pub(crate) mod column;
pub(crate) mod compile;
pub(crate) mod condition;
pub(crate) mod join;
pub(crate) mod member;
pub(crate) mod named_rows;
pub(crate) mod notes;
pub(crate) mod null_rules;
pub(crate) mod order;
pub(crate) mod readable;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod sql;
pub(crate) mod statement;
pub(crate) mod term;
