//! Columns that replace others: old and new shapes read as one.

mod by_key;
mod missing;
mod one_of;
mod one_to_one;
mod split;
