//! What [`Expr::raw`](crate::Expr::raw) takes is made of: a part of the crate `sea-query`, in the
//! version that is meant.
//!
//! It is not the whole crate: the compiler shortens a path in its messages only while its last name is
//! the only one, and sea-query has a `String`, a `Create` and an `Update`, even if as variants.

pub use ::sea_query::{CaseStatement, Expr, ExprTrait, Func, SelectStatement};
