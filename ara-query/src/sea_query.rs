//! The part of the crate `sea-query` that expressions for [`Expr::raw`](crate::Expr::raw) are built with,
//! in the version that ara uses.
//!
//! Not all of the crate is exported, for the sake of the compiler's messages. They show only the last name
//! of a path if no other path ends in that name, and sea-query has a `String`, a `Create` and an `Update`.

pub use ::sea_query::{CaseStatement, Expr, ExprTrait, Func, SelectStatement};
