//! ara's typed queries: what Rust can say about rows, compiled to SQL through sea-query.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod narrow;

pub use narrow::Narrow;
