//! How tables grow: with the structs of the app, and with what arrives from other devices.

pub(crate) mod drift;
pub(crate) mod failure;
pub(crate) mod file_schema;
pub(crate) mod grow;
pub(crate) mod history;
pub(crate) mod make;
pub(crate) mod mend;
pub(crate) mod own_tables;
pub(crate) mod recorded_types;
pub(crate) mod searches;
pub(crate) mod shown_columns;
pub(crate) mod wanted;
