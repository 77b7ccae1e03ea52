//! Maintenance: verification, rebuilding, reports on the schema, backups, and JSON Lines.

pub(crate) mod backup;
pub(crate) mod ensure_with;
pub(crate) mod import_report;
pub(crate) mod json_import;
pub(crate) mod json_line;
pub(crate) mod json_lines;
pub(crate) mod json_unread;
pub(crate) mod json_value;
pub(crate) mod json_versions;
#[cfg(feature = "encryption")]
pub(crate) mod keys;
pub(crate) mod panicking_lenses;
pub(crate) mod progress;
pub(crate) mod rebuild_all;
pub(crate) mod restore;
pub(crate) mod schema_report;
pub(crate) mod unfit_cells;
pub(crate) mod vacuum;
pub(crate) mod verification;
pub(crate) mod verify;
