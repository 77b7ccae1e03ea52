//! Columns that replace others: old and new shapes read as one.

mod at_once;
mod beside;
mod by_key;
mod export;
mod formats;
mod full;
mod hidden;
mod history;
mod kept_right;
mod large;
mod laws;
mod missing;
mod one_of;
mod one_to_one;
mod panics;
mod progress;
mod queries;
mod read_only;
mod revisions;
mod runs;
mod saving;
mod split;
mod three_apps;
mod undo;
mod versioned;
