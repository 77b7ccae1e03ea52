//! The history of schemas: a synced table with a row for each schema that a device has ensured.

use ara_schema::{ColumnDef, Snapshot, TableDef, checksum};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalog::own_tables::HISTORY;
use crate::catalog::read_as::field_of;
use crate::catalog::shape::{columns_in_file, is_ara_made};
use crate::error::{Error, Result};
use crate::model::app_schema::AppSchema;
use crate::model::cells::{Cell, Kind};
use crate::names::{app_name, is_ara_s};
use crate::rows::mutation::Mutation;
use crate::trace::event;
use crate::value::{Json, Stored, Timestamp, Value, uuid_of_key};

/// What an `ensure`, a merge or a rebuild did to the app's tables in the file. Empty lists are left out of its
/// JSON form:
///
/// ```
/// use ara::Growth;
///
/// let json = r#"{"tables":["category"],"columns":["todo.due"],"indexes":["todo(due,title)"]}"#;
/// let growth: Growth = serde_json::from_str(json)?;
/// assert_eq!(growth.columns, ["todo.due"]);
/// assert_eq!(serde_json::to_string(&growth)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Growth {
    /// The tables that were created, with all their columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// The columns that were added to existing tables, as `todo.due`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The indexes that were created, as `todo(due,title)`, or as `search todo(title)` for a full-text
    /// search.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// The indexes that were dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_indexes: Vec<String>,
}

impl Growth {
    /// Returns whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Removes ara's own tables and columns, which do not concern the app.
    pub(crate) fn of_app(mut self) -> Self {
        for names in [&mut self.tables, &mut self.columns] {
            names.retain(|name| !is_ara_s(name));
        }
        let column = |name: &str| name.split_once('.').map(|(_, column)| is_ara_s(column));
        self.columns.retain(|name| column(name) != Some(true));
        self
    }

    /// Adds what else was done.
    pub(crate) fn extend(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.columns.extend(other.columns);
        self.indexes.extend(other.indexes);
        self.dropped_indexes.extend(other.dropped_indexes);
    }

    /// Tells the feature `tracing` what was done.
    pub(crate) fn tell(&self) {
        if !self.is_empty() {
            event!(
                INFO,
                "the tables grew",
                tables = self.tables.join(" "),
                columns = self.columns.join(" "),
                indexes = self.indexes.join(" "),
                dropped_indexes = self.dropped_indexes.join(" "),
            );
        }
    }

    /// Adds a table that was created.
    pub(crate) fn add_table(&mut self, stored_name: &str) {
        self.tables.push(app_name(stored_name).to_owned());
    }

    /// Adds a column that was added to a table.
    pub(crate) fn add_column(&mut self, stored_name: &str, column: &str) {
        let table = app_name(stored_name);
        // A table that was created is listed without its columns.
        if !self.tables.iter().any(|made| made == table) {
            self.columns.push(format!("{table}.{column}"));
        }
    }

    /// Adds an index that was created.
    pub(crate) fn add_index<'a>(
        &mut self,
        stored_name: &str,
        columns: impl Iterator<Item = &'a str>,
    ) {
        self.indexes.push(index(stored_name, columns));
    }

    /// Adds an index that was dropped.
    pub(crate) fn drop_index<'a>(
        &mut self,
        stored_name: &str,
        columns: impl Iterator<Item = &'a str>,
    ) {
        self.dropped_indexes.push(index(stored_name, columns));
    }

    /// Adds a full-text search that was created.
    pub(crate) fn add_search<'a>(
        &mut self,
        stored_name: &str,
        columns: impl Iterator<Item = &'a str>,
    ) {
        self.indexes.push(format!("search {}", index(stored_name, columns)));
    }

    /// Adds a full-text search that was dropped.
    pub(crate) fn drop_search<'a>(
        &mut self,
        stored_name: &str,
        columns: impl Iterator<Item = &'a str>,
    ) {
        self.dropped_indexes.push(format!("search {}", index(stored_name, columns)));
    }
}

/// Returns how an index is listed.
fn index<'a>(stored_name: &str, columns: impl Iterator<Item = &'a str>) -> String {
    let columns: Vec<_> = columns.map(field_of).collect();
    format!("{}({})", app_name(stored_name), columns.join(","))
}

/// Writes the row of this device and this schema into the history. If there is one, it is updated, except for
/// `added` and `time`: these remain those of the first time, as two versions of an app may use a file
/// alternately.
pub(crate) fn record(
    mutation: &mut Mutation<'_, '_>,
    app: &AppSchema,
    tables: &[&'static TableDef],
    growth: Growth,
) -> Result<()> {
    let snapshot = Snapshot::of(tables.iter().copied());
    let checksum = checksum(&snapshot.facts());
    let device = mutation.writing.recorder.node_id().uuid();
    let id = uuid_of_key(HISTORY.name, format!("{device} {checksum}").as_bytes());
    let values = [
        app.name.to_owned().store(),
        app.version.store(),
        checksum.store(),
        Json(snapshot).store(),
        Json(growth).store(),
        app.app_version.to_owned().store(),
        device.store(),
        mutation.writing.recorder.wall().store(),
    ];
    let cells = values.into_iter().zip(HISTORY.columns).enumerate().map(|(at, (value, column))| {
        let broken = |rule| Error::Rule { table: HISTORY.name, column: column.name, rule };
        // A default is written into a new row only.
        let is_default = matches!(column.name, "added" | "time");
        Ok(Cell {
            column: at,
            value: Some(value.map_err(broken)?),
            is_default,
            as_read: None,
            kind: Kind::Plain,
        })
    });
    match mutation.upsert(Some(id), &cells.collect::<Result<Vec<_>>>()?) {
        // Another device has forged or forgotten the row: nobody depends on what it tells.
        Ok(_) | Err(Error::EndOfTime { .. } | Error::Forgotten { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A schema that a device has ensured. A part that this version of ara cannot read is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SchemaVersion {
    /// The schema's name in Rust.
    pub schema: Option<String>,
    /// The latest version that had been released in `ara.lock`, or 0 if there was none.
    pub version: Option<u32>,
    /// The checksum of the parts of the schema that can never change.
    pub checksum: Option<String>,
    /// The version of the package that declares the schema.
    pub app_version: Option<String>,
    /// The node id of the device that ensured it.
    pub device: Option<String>,
    /// The time at which it first did, by the clock of that device.
    pub time: Option<Timestamp>,
    /// What that changed in the file of the device, the first time.
    pub added: Option<Growth>,
    /// The tables of the schema.
    pub snapshot: Option<Snapshot>,
}

/// Returns the history in the file, oldest first. It is empty if the table does not exist yet.
pub(crate) fn versions(connection: &Connection) -> Result<Vec<SchemaVersion>> {
    // Another program may have spoilt the table.
    let present = columns_in_file(connection, HISTORY.name)?.unwrap_or_default();
    let is_there = |column: &ColumnDef| present.contains_key(column.name);
    if !HISTORY.columns.iter().all(is_there) || !is_ara_made(connection, HISTORY.name, &present)? {
        return Ok(Vec::new());
    }
    let mut rows = connection.prepare(
        "SELECT \"schema\", \"version\", \"checksum\", \"snapshot\", \"added\", \"app_version\", \
         \"device\", \"time\" FROM \"ara_schema_history\" WHERE \"is_deleted\" IS NOT 1 \
         ORDER BY \"time\", \"id\"",
    )?;
    let mut rows = rows.query([])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = |at| row.get_ref(at).ok().and_then(Stored::from_sql);
        versions.push(SchemaVersion {
            schema: stored(0).and_then(String::read),
            version: stored(1).and_then(u32::read),
            checksum: stored(2).and_then(String::read),
            snapshot: stored(3).and_then(Json::read).map(|Json(snapshot)| snapshot),
            added: stored(4).and_then(Json::read).map(|Json(growth)| growth),
            app_version: stored(5).and_then(String::read),
            device: stored(6).and_then(Uuid::read).map(|device| device.to_string()),
            time: stored(7).and_then(Timestamp::read),
        });
    }
    Ok(versions)
}
