//! Columns that replace others: old and new shapes read as one.

mod one_to_one;
