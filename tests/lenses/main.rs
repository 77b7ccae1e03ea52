//! Columns that replace others: old and new shapes read as one.

mod beside;
mod by_key;
mod laws;
mod one_to_one;
mod split;
mod undo;
