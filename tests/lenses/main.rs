//! Columns that replace others: old and new shapes read as one.

mod beside;
mod by_key;
mod laws;
mod missing;
mod one_of;
mod one_to_one;
mod queries;
mod revisions;
mod runs;
mod split;
mod undo;
