//! What the tests of the values share, and tests of all value types together.

use std::fmt::Debug;

use ara_schema::{ColumnDef, Range, TableDef, Type};
use uuid::Uuid;

use crate::value::*;
use crate::{Cells, Fields, Record, Table, Update};

mod accepted;
mod agreement;
#[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates;

/// The value after it was stored and read.
pub(super) fn stored_and_read<V: Value + Debug>(value: V) -> V {
    let stored = value.store().expect("keeps the rules");
    V::read(stored).expect("can be read again")
}

/// Stored values of every class but this one.
pub(super) fn others(class: &str) -> Vec<Stored<'static>> {
    let all = [
        ("integer", Stored::Integer(1)),
        ("real", Stored::Real(1.0)),
        ("text", Stored::Text("1".into())),
        ("blob", Stored::Blob(b"0123456789abcdef".into())),
    ];
    all.into_iter().filter(|(name, _)| *name != class).map(|(_, stored)| stored).collect()
}

macro_rules! table {
    ($table:ident, $name:literal) => {
        #[derive(Debug)]
        pub(super) struct $table;

        impl Table for $table {
            const NAME: &'static str = $name;
            const TABLE: &'static TableDef = &TableDef {
                name: $name,
                local: false,
                columns: &[] as &[ColumnDef],
                indexes: &[],
                search: &[],
                ..TableDef::EMPTY
            };
            const AS_READ: &'static [AsRead] = &[];
            type Row = Self;
            type Draft = ();
            type Patch = Self;

            fn draft() {}

            fn patch(_: Id<Self>) -> Self {
                Self
            }
        }

        impl Record for $table {
            type Table = Self;

            fn id(&self) -> Id<Self> {
                Id::from_uuid(Uuid::nil())
            }

            fn from_fields(_: &Fields<'_>) -> Option<Self> {
                Some(Self)
            }
        }

        impl Update for $table {
            type Table = Self;

            fn into_cells(self) -> Cells {
                Cells::new()
            }
        }
    };
}

table!(Todo, "todo");
table!(Category, "category");
