//! A schema that is to be ensured.

use ara_schema::{ReadAs, TableDef, Type};
use rusqlite::Connection;

use crate::error::Result;
use crate::log::meta;
use crate::model::app_schema::{AppSchema, Schema};
use crate::model::table_ref::TableRef;

/// A schema that is to be ensured.
pub(crate) struct Wanted {
    pub(crate) app: Option<&'static AppSchema>,
    pub(crate) tables: &'static [TableRef],
    /// The key in `ara_meta` under which it is noted that exactly this schema was ensured.
    key: String,
}

impl Wanted {
    /// Returns the schema that a type declares.
    pub(crate) fn of<S: Schema>() -> Self {
        let tables = S::TABLES;
        // A single table is not written into the history. An app's schema of the same table is, so it must
        // have another key.
        let mut bytes = vec![u8::from(S::APP.is_some())];
        for table in tables {
            put_table(&mut bytes, table.def);
        }
        let key = format!("{}{:016x}", meta::ENSURED, xxhash_rust::xxh3::xxh3_64(&bytes));
        Self { app: S::APP, tables, key }
    }

    /// Returns the name of the schema, or that of the table if it is a single table.
    pub(crate) fn name(&self) -> &'static str {
        match self.app {
            Some(app) => app.name,
            None => self.tables.first().map_or("", |table| table.def.name),
        }
    }

    /// Returns the definitions of the tables.
    pub(crate) fn defs(&self) -> Vec<&'static TableDef> {
        self.tables.iter().map(|table| table.def).collect()
    }

    /// Returns whether it was ensured, and the schema of the file has not changed since.
    pub(crate) fn is_ensured(&self, connection: &Connection) -> Result<bool> {
        meta::is_of_this_schema(connection, &self.key)
    }

    /// Notes that it is ensured with the present schema of the file, and forgets what was noted with an
    /// earlier one.
    pub(crate) fn note(&self, connection: &Connection) -> Result<()> {
        meta::note_of_this_schema(connection, &self.key)
    }
}

/// Appends all that a table declares, unambiguously: names are terminated by a zero byte, which is in no
/// name.
fn put_table(bytes: &mut Vec<u8>, def: &TableDef) {
    put_name(bytes, def.name);
    bytes.push(u8::from(def.local));
    for column in def.columns {
        put_name(bytes, column.name);
        put_name(bytes, column.ty.word());
        match column.ty {
            Type::Id(table) => put_name(bytes, table),
            Type::Enum(variants) | Type::Versioned(variants) => {
                variants.iter().for_each(|variant| put_name(bytes, variant))
            }
            _ => {}
        }
        // The type tells whether there is a range.
        if let Some(range) = column.range {
            bytes.extend([range.min, range.max].map(i64::to_le_bytes).as_flattened());
        }
        bytes.push(u8::from(column.required));
        // The hidden columns that indexes are of.
        if let Some(replaces) = column.replaces {
            bytes.push(6);
            put_name(bytes, replaces.shown);
            bytes.extend(replaces.columns.len().to_le_bytes());
            replaces.columns.iter().for_each(|replaced| put_name(bytes, replaced));
        }
        // Indexes are made of it.
        if let Some(Ok(literal)) = column.missing.map(ReadAs::literal) {
            bytes.push(5);
            bytes.extend(literal.len().to_le_bytes());
            bytes.extend(literal.as_bytes());
        }
    }
    for index in def.indexes {
        bytes.push(2);
        index.columns.iter().for_each(|column| put_name(bytes, column));
    }
    bytes.push(3);
    def.search.iter().for_each(|column| put_name(bytes, column));
    bytes.push(4);
}

/// Appends a name.
fn put_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
}
