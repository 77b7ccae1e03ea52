//! The history of schemas, as a table that apps query.

use ara_core::schema::Snapshot;
use ara_core::{Growth, Id, Json, Timestamp, Uuid};
use ara_macros::Table;

/// The history of the app's schemas: a row for each schema that a device has ensured. It is a synced
/// table: every device knows what the others run.
///
/// [`Database::ensure`](crate::Database::ensure) writes it, for what `ara::schema!` names: when it
/// changes something in the file, or a device meets a schema for the first time.
///
/// ```
/// use ara::SchemaHistory;
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
/// ara::schema! { App: Todo }
///
/// let db = Database::memory()?;
/// db.ensure::<App>()?;
/// for row in db.query::<SchemaHistory>().narrow_all().order_by(SchemaHistory::time.asc()).all()? {
///     println!("{} {} of {}: {:?}", row.schema, row.version, row.app_version, row.added.tables);
/// }
/// # Ok::<(), ara::Error>(())
/// ```
///
/// An app only reads it: to write a row of it does not compile.
///
/// ```compile_fail
/// use ara::SchemaHistory;
/// use ara::prelude::*;
///
/// let db = Database::memory()?;
/// db.delete(Id::<SchemaHistory>::from_key("a row"))?;
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Table)]
#[table(__ara, name = "ara_schema_history")]
pub struct SchemaHistory {
    /// Follows from the device and the checksum: what a device ensures again is the same row.
    pub id: Id<SchemaHistory>,
    /// The schema's name in Rust.
    pub schema: String,
    /// The latest version that `ara.lock` had released when the app was compiled; 0 without any.
    pub version: u32,
    /// The checksum of what the schema fixes for ever, as `ara.lock` has it.
    pub checksum: String,
    /// The tables of the schema.
    pub snapshot: Json<Snapshot>,
    /// What it did to the file of the device, the first time.
    pub added: Json<Growth>,
    /// The version of the package that declares the schema.
    pub app_version: String,
    /// The device.
    pub device: Uuid,
    /// When the device first met the schema, by its clock.
    pub time: Timestamp,
}
