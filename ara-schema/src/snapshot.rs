//! Schemas that are not part of the program, but read from the compiler's output, a lock or a database.

use serde::{Deserialize, Serialize};

use crate::range::Range;
use crate::table::{ColumnDef, IndexDef, Replaces, TableDef, shown_column};
use crate::ty::Type;

/// The tables of a schema that is not part of the program. Its JSON is what
/// [`write_json`](crate::write_json) writes.
///
/// ```
/// use ara_schema::{Snapshot, TypeSnapshot};
///
/// let json = r#"[{"name":"todo","columns":[{"name":"category_id","type":{"id":"category"}}]}]"#;
/// let schema: Snapshot = serde_json::from_str(json)?;
/// assert_eq!(schema.tables[0].columns[0].ty, TypeSnapshot::Id("category".to_owned()));
/// assert_eq!(serde_json::to_string(&schema)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot {
    /// The tables.
    pub tables: Vec<TableSnapshot>,
}

/// A table of a [`Snapshot`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSnapshot {
    /// The stored name.
    pub name: String,
    /// Whether the table stays on its device and is never synced.
    #[serde(default, skip_serializing_if = "is_false")]
    pub local: bool,
    /// The columns, without [`SYSTEM_COLUMNS`](crate::SYSTEM_COLUMNS).
    pub columns: Vec<ColumnSnapshot>,
    /// The stored names of the columns of each index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Vec<String>>,
    /// The stored names of the columns whose words can be searched for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// The stored name of the column that each row's id is made from, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A column of a [`TableSnapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSnapshot {
    /// The stored name.
    pub name: String,
    /// How its values are stored.
    #[serde(rename = "type")]
    pub ty: TypeSnapshot,
    /// The range of its values, if the type has one and it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Whether a row cannot be created without a value for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Whether other columns have replaced it: the app neither reads nor writes it under its own name.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    /// What it replaces, if it replaces anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ReplacesSnapshot>,
}

/// Which columns a column replaces: a [`Replaces`] that is not part of the program.
///
/// ```
/// use ara_schema::ReplacesSnapshot;
///
/// let replaces: ReplacesSnapshot = serde_json::from_str(r#"{"columns":["note"],"revision":2}"#)?;
/// assert_eq!((replaces.columns, replaces.revision, replaces.by_key), (vec!["note".to_owned()], 2, false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacesSnapshot {
    /// The stored names of these columns.
    pub columns: Vec<String>,
    /// Which revision of the functions between them it is.
    pub revision: u32,
    /// Whether the column refers to rows whose keys the replaced column holds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_key: bool,
}

/// A [`Type`] that is not part of the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "as the variants of `Type`")]
pub enum TypeSnapshot {
    Bool,
    Integer,
    Counter,
    Real,
    Text,
    Merged,
    Blob,
    Uuid,
    Timestamp,
    Instant,
    Date,
    Time,
    DateTime,
    Zoned,
    Json,
    Id(String),
    Enum(Vec<String>),
    Versioned(Vec<String>),
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Snapshot {
    /// Returns the schema that consists of these tables.
    #[must_use]
    pub fn of<'a>(tables: impl IntoIterator<Item = &'a TableDef>) -> Self {
        Self { tables: tables.into_iter().map(TableSnapshot::from).collect() }
    }

    /// Returns the table of this stored name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableSnapshot> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Returns the schema as if it were part of the program, so that [`Violations`](crate::Violations) can
    /// compare it. Its memory is never freed: call this a few times at most.
    #[must_use]
    pub fn leak(self) -> &'static [TableDef] {
        self.tables.into_iter().map(TableSnapshot::leak).collect::<Vec<_>>().leak()
    }
}

impl TableSnapshot {
    fn leak(self) -> TableDef {
        TableDef {
            name: self.name.leak(),
            local: self.local,
            columns: self.columns.into_iter().map(ColumnSnapshot::leak).collect::<Vec<_>>().leak(),
            indexes: self
                .indexes
                .into_iter()
                .map(|columns| IndexDef { columns: leak_names(columns) })
                .collect::<Vec<_>>()
                .leak(),
            search: leak_names(self.search),
            key: self.key.map(|key| &*key.leak()),
        }
    }

    /// Returns the column of this stored name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnSnapshot> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnSnapshot {
    fn leak(self) -> ColumnDef {
        let name: &'static str = self.name.leak();
        ColumnDef {
            name,
            ty: self.ty.leak(),
            range: self.range,
            required: self.required,
            retired: self.retired,
            replaces: self.replaces.map(|replaces| replaces.leak(name)),
            missing: None,
        }
    }
}

impl ReplacesSnapshot {
    /// Returns what the column of this name replaces.
    fn leak(self, column: &str) -> Replaces {
        Replaces {
            columns: leak_names(self.columns),
            shown: shown_column(column, self.revision).leak(),
            revision: self.revision,
            by_key: self.by_key,
        }
    }
}

fn leak_names(names: Vec<String>) -> &'static [&'static str] {
    names.into_iter().map(|name| &*name.leak()).collect::<Vec<_>>().leak()
}

impl TypeSnapshot {
    fn leak(self) -> Type {
        match self {
            Self::Id(table) => Type::Id(table.leak()),
            Self::Enum(variants) => Type::Enum(leak_names(variants)),
            Self::Versioned(variants) => Type::Versioned(leak_names(variants)),
            plain => plain.plain().unwrap_or(Type::Enum(&[])),
        }
    }

    /// Returns the type, if it has no names in it.
    fn plain(&self) -> Option<Type> {
        Type::PLAIN.into_iter().find(|plain| Self::from(*plain) == *self)
    }

    /// Returns the word for the type, as [`Type::word`] does.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Enum(_) => "enum",
            Self::Versioned(_) => "versioned",
            plain => plain.plain().map_or("", |plain| plain.word()),
        }
    }

    /// Returns the names that a column can get more of, as [`Type::variants`] does.
    #[must_use]
    pub fn variants(&self) -> Option<&[String]> {
        match self {
            Self::Enum(variants) | Self::Versioned(variants) => Some(variants),
            _ => None,
        }
    }

    /// Returns the names that a column can get more of, to be changed.
    #[must_use]
    pub fn variants_mut(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Enum(variants) | Self::Versioned(variants) => Some(variants),
            _ => None,
        }
    }
}

impl From<&TableDef> for TableSnapshot {
    fn from(table: &TableDef) -> Self {
        Self {
            name: table.name.to_owned(),
            local: table.local,
            columns: table.columns.iter().map(ColumnSnapshot::from).collect(),
            indexes: table.indexes.iter().map(|index| owned(index.columns)).collect(),
            search: owned(table.search),
            key: table.key.map(str::to_owned),
        }
    }
}

impl From<&ColumnDef> for ColumnSnapshot {
    fn from(column: &ColumnDef) -> Self {
        let ColumnDef { name, ty, range, required, retired, replaces, missing: _ } = *column;
        let replaces = replaces.map(ReplacesSnapshot::from);
        Self { name: name.to_owned(), ty: ty.into(), range, required, retired, replaces }
    }
}

impl From<Replaces> for ReplacesSnapshot {
    fn from(Replaces { columns, revision, by_key, .. }: Replaces) -> Self {
        Self { columns: owned(columns), revision, by_key }
    }
}

impl From<Type> for TypeSnapshot {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Integer => Self::Integer,
            Type::Counter => Self::Counter,
            Type::Real => Self::Real,
            Type::Text => Self::Text,
            Type::Merged => Self::Merged,
            Type::Blob => Self::Blob,
            Type::Uuid => Self::Uuid,
            Type::Timestamp => Self::Timestamp,
            Type::Instant => Self::Instant,
            Type::Date => Self::Date,
            Type::Time => Self::Time,
            Type::DateTime => Self::DateTime,
            Type::Zoned => Self::Zoned,
            Type::Json => Self::Json,
            Type::Id(table) => Self::Id(table.to_owned()),
            Type::Enum(variants) => Self::Enum(owned(variants)),
            Type::Versioned(variants) => Self::Versioned(owned(variants)),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::write_json;
    use crate::text::Text;

    const fn column(name: &'static str, ty: Type, range: Option<Range>) -> ColumnDef {
        ColumnDef { name, ty, range, required: false, ..ColumnDef::EMPTY }
    }

    static TABLES: [TableDef; 2] = [
        TableDef {
            name: "todo",
            local: false,
            columns: &[
                column("title", Type::Text, Some(Range::new(1, i64::MAX))),
                column("stars", Type::Integer, Some(Range::new(-128, 127))),
                ColumnDef { required: true, ..column("weight", Type::Real, Some(Range::ALL)) },
                column("category_id", Type::Id("category"), None),
                column("state", Type::Enum(&["O\"pen", "Zu\\"]), None),
                column("doc", Type::Versioned(&["1 V1", "2 V2"]), None),
                ColumnDef { retired: true, ..column("note", Type::Text, None) },
                ColumnDef {
                    replaces: Some(Replaces {
                        columns: &["note", "title"],
                        shown: "ara_now_2_text",
                        revision: 2,
                        by_key: false,
                    }),
                    ..column("text", Type::Json, None)
                },
                ColumnDef {
                    retired: true,
                    replaces: Some(Replaces {
                        columns: &["note"],
                        shown: "ara_now_by",
                        revision: 1,
                        by_key: true,
                    }),
                    ..column("by", Type::Id("person"), None)
                },
            ],
            indexes: &[IndexDef { columns: &["title"] }, IndexDef { columns: &["state", "title"] }],
            search: &["title"],
            key: Some("title"),
        },
        TableDef {
            name: "draft",
            local: true,
            columns: &[],
            indexes: &[],
            search: &[],
            ..TableDef::EMPTY
        },
    ];

    #[test]
    fn what_is_written_is_read() -> serde_json::Result<()> {
        let mut bytes = [0; 1000];
        let mut text = Text::new(&mut bytes);
        write_json(&mut text, &[&TABLES[0], &TABLES[1]]);
        let read: Snapshot = serde_json::from_str(text.as_str())?;
        assert_eq!(read, Snapshot::of(&TABLES));
        assert_eq!(serde_json::to_string(&read)?, text.as_str());
        assert_eq!(read.leak(), &TABLES);
        Ok(())
    }

    #[test]
    fn every_type_has_its_word() -> serde_json::Result<()> {
        for ty in Type::PLAIN {
            let snapshot = TypeSnapshot::from(ty);
            assert_eq!(snapshot.word(), ty.word());
            assert_eq!(serde_json::to_string(&snapshot)?, format!("\"{}\"", ty.word()));
            assert_eq!(snapshot.leak(), ty);
        }
        assert_eq!(TypeSnapshot::Id(String::new()).word(), Type::Id("").word());
        assert_eq!(TypeSnapshot::Enum(Vec::new()).word(), Type::Enum(&[]).word());
        assert_eq!(TypeSnapshot::Versioned(Vec::new()).word(), Type::Versioned(&[]).word());
        Ok(())
    }
}
