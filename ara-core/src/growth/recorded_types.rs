//! The types of columns in the history of schemas.

use std::collections::HashMap;

use ara_schema::{Range, Snapshot, TypeSnapshot};
use serde::Serialize;

use crate::growth::history::SchemaVersion;

/// A type that a recorded schema gives a column, and the range of the column's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordedType {
    /// How the values are stored. Of an enum, the variants are those of all recorded schemas.
    #[serde(rename = "type")]
    pub ty: TypeSnapshot,
    /// The range of the values, if the type has one and it is known.
    pub range: Option<Range>,
}

/// The types of columns, by the name of the table, whether that is local, and the name of the column.
#[derive(Default)]
pub(crate) struct RecordedTypes(HashMap<(String, bool, String), Vec<RecordedType>>);

impl RecordedTypes {
    /// Collects the types that the schemas of a history give the columns.
    pub(crate) fn of(versions: &[SchemaVersion]) -> Self {
        let mut types = Self::default();
        for snapshot in versions.iter().filter_map(|version| version.snapshot.as_ref()) {
            types.add(snapshot);
        }
        types
    }

    fn add(&mut self, snapshot: &Snapshot) {
        for table in &snapshot.tables {
            for column in &table.columns {
                let key = (table.name.clone(), table.local, column.name.clone());
                let known = self.0.entry(key).or_default();
                add(known, RecordedType { ty: column.ty.clone(), range: column.range });
            }
        }
    }

    /// Returns the types of a column, of which there are none if no schema declares it.
    pub(crate) fn of_column(&self, table: &str, local: bool, column: &str) -> &[RecordedType] {
        let key = (table.to_owned(), local, column.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// Adds a type, unless it is known. The variants of enums are united, and the versions of documents.
fn add(known: &mut Vec<RecordedType>, new: RecordedType) {
    if let Some(variants) = new.ty.variants() {
        let mut types = known.iter_mut().map(|known| &mut known.ty);
        let same = types.find(|known| known.word() == new.ty.word());
        if let Some(listed) = same.and_then(TypeSnapshot::variants_mut) {
            for variant in variants {
                if !listed.contains(variant) {
                    listed.push(variant.clone());
                }
            }
            return;
        }
    }
    if !known.contains(&new) {
        known.push(new);
    }
}
