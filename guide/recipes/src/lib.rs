//! The chapters of ara's guide that need crates which ara does not: so they are not built for ara.
//!
//! Each module is a chapter. Its programs are the doctests of this crate. Only for these is it read, as it lies
//! outside of the package.

/// Apps that are asynchronous.
#[cfg_attr(doctest, doc = include_str!("../../async_apps.md"))]
pub mod async_apps {}

/// Dates and times.
#[cfg_attr(doctest, doc = include_str!("../../times.md"))]
pub mod times {}

/// A web server.
#[cfg_attr(doctest, doc = include_str!("../../web_server.md"))]
pub mod web_server {}
