//! What the derives and `ara::schema!` implement: tables, their columns and rows, and the schema of an app.

pub(crate) mod app_schema;
pub(crate) mod cells;
pub(crate) mod id;
pub(crate) mod key;
pub(crate) mod lens;
pub(crate) mod lens_functions;
pub(crate) mod lens_laws;
pub(crate) mod natural_key;
pub(crate) mod record;
pub(crate) mod system_columns;
pub(crate) mod table;
pub(crate) mod table_ref;
