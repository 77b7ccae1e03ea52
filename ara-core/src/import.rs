//! Rows of other programs and of people: from SQLite files, CSV and JSON into drafts.

#[cfg(feature = "csv")]
mod csv;
pub(crate) mod imported;
pub(crate) mod importer;
mod json;
pub(crate) mod row;
mod sqlite_file;
mod target;
mod temporary_folder;
pub(crate) mod value;
