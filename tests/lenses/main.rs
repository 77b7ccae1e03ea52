//! Columns that replace others: old and new shapes read as one.

mod beside;
mod by_key;
mod kept_right;
mod one_to_one;
mod runs;
mod split;
mod three_apps;
mod undo;
