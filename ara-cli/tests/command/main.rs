//! The command as a user runs it, in packages that are made for each test.

mod checking;
mod database_files;
#[cfg(feature = "encryption")]
mod encrypted;
mod file_history;
mod forgetting;
mod life_of_an_app;
mod locking;
mod output;
mod replacing;
mod repositories;
mod schema_lookup;
mod several_targets;
mod sql;
mod support;
mod unreadable;
mod workspaces;
