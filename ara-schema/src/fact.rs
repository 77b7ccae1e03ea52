//! A schema as single facts, which a release fixes for ever.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::range::Range;
use crate::snapshot::{ColumnSnapshot, ReplacesSnapshot, Snapshot, TableSnapshot, TypeSnapshot};

/// A single fact of a schema, which a release fixes for ever.
///
/// There are no facts about indexes and about which columns are required or retired, as all of that may change.
///
/// A column that got wider has a fact for each range that it had, and a column that replaces others has one for
/// each revision of its lens.
///
/// Facts are ordered by table, column and variant. A fact displays as its line of the canonical form that
/// [`checksum`] hashes.
///
/// ```
/// use ara_schema::{Fact, Range, TypeSnapshot};
///
/// let ty = TypeSnapshot::Id("category".to_owned());
/// let (table, column) = ("todo".to_owned(), "category_id".to_owned());
/// let fact = Fact::Column { table: table.clone(), column, ty, range: None };
/// assert_eq!(fact.to_string(), "column todo.category_id id category");
///
/// let (column, ty, range) = ("stars".to_owned(), TypeSnapshot::Integer, Some(Range::new(0, 255)));
/// let fact = Fact::Column { table, column, ty, range };
/// assert_eq!(fact.to_string(), "column todo.stars integer 0..=255");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A table exists.
    Table {
        /// Its stored name.
        table: String,
        /// Whether the table stays on its device and is never synced.
        local: bool,
        /// The stored name of the column that each row's id is made from, if one is.
        key: Option<String>,
    },
    /// A table has a column.
    Column {
        /// The table's stored name.
        table: String,
        /// The column's stored name.
        column: String,
        /// How its values are stored. The variants of an enum and the versions of a document are facts of their own,
        /// so an enum has none here.
        ty: TypeSnapshot,
        /// The range of its values, if the type has one and it is known.
        range: Option<Range>,
    },
    /// A column replaces others.
    Lens {
        /// The table's stored name.
        table: String,
        /// The column's stored name.
        column: String,
        /// Which revision of the lens it is.
        revision: u32,
        /// The stored names of the columns that it replaces, sorted.
        replaces: Vec<String>,
        /// Whether the column refers to rows whose keys the replaced column holds.
        by_key: bool,
    },
    /// The enum of a column has a variant, or its document a version.
    Variant {
        /// The table's stored name.
        table: String,
        /// The column's stored name.
        column: String,
        /// The variant's stored name.
        variant: String,
    },
}

/// What a fact is about: the stored names of a table, of a column and of a variant, and whether it is about what
/// the column replaces. The schema of an app has one fact for each key. What was released has several for a
/// column that got wider, and for one whose lens was corrected.
pub type FactKey<'a> = (&'a str, Option<&'a str>, Option<&'a str>, bool);

impl Fact {
    /// Returns what the fact is about.
    #[must_use]
    pub fn key(&self) -> FactKey<'_> {
        match self {
            Self::Table { table, .. } => (table, None, None, false),
            Self::Column { table, column, .. } => (table, Some(column), None, false),
            Self::Lens { table, column, .. } => (table, Some(column), None, true),
            Self::Variant { table, column, variant } => (table, Some(column), Some(variant), false),
        }
    }

    /// Returns the stored name of the table that the fact is about.
    #[must_use]
    pub fn table(&self) -> &str {
        self.key().0
    }

    /// Returns whether both facts can have been released: they are about different things, they are the same,
    /// or they are the ranges of a column that got wider, or two revisions of a lens.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Column { ty, .. }, Self::Column { ty: other_ty, .. })
                if self.key() == other.key() =>
            {
                ty == other_ty
            }
            (Self::Lens { revision, .. }, Self::Lens { revision: other_revision, .. })
                if self.key() == other.key() =>
            {
                revision != other_revision || self == other
            }
            _ => self.key() != other.key() || self == other,
        }
    }

    /// Returns whether this fact goes on from another one of the same key: the column can hold more, or the
    /// lens has a later revision.
    pub(crate) fn goes_on_from(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lens { revision, .. }, Self::Lens { revision: other_revision, .. }) => {
                revision > other_revision
            }
            (Self::Column { range: Some(range), .. }, Self::Column { range: other_range, .. }) => {
                self.agrees_with(other)
                    && other_range.is_none_or(|other| other != *range && range.holds(other))
            }
            _ => false,
        }
    }

    /// Returns whether locks before format 3 have no such fact.
    pub(crate) fn is_of_format_3(&self) -> bool {
        matches!(self, Self::Lens { .. } | Self::Table { key: Some(_), .. })
    }

    /// Returns what facts are ordered by.
    fn rank(&self) -> (FactKey<'_>, Rank<'_>) {
        let rank = match self {
            Self::Table { local, key, .. } => Rank::Table(*local, key.as_deref()),
            Self::Column { ty, range, .. } => Rank::Column(ty, *range),
            Self::Lens { revision, replaces, by_key, .. } => {
                Rank::Lens(*revision, replaces, *by_key)
            }
            Self::Variant { .. } => Rank::Variant,
        };
        (self.key(), rank)
    }
}

/// What facts of one key are ordered by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'a> {
    Table(bool, Option<&'a str>),
    Column(&'a TypeSnapshot, Option<Range>),
    Lens(u32, &'a [String], bool),
    Variant,
}

impl Ord for Fact {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Fact {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table, local, key } => {
                write!(f, "table {table}{}", if *local { " local" } else { "" })?;
                key.as_ref().map_or(Ok(()), |key| write!(f, " key {key}"))
            }
            Self::Column { table, column, ty, range } => {
                write!(f, "column {table}.{column} {}", ty.word())?;
                if let TypeSnapshot::Id(of) = ty {
                    write!(f, " {of}")?;
                }
                range.map_or(Ok(()), |range| write!(f, " {range}"))
            }
            Self::Lens { table, column, revision, replaces, by_key } => {
                let by_key = if *by_key { " by key" } else { "" };
                write!(f, "lens {table}.{column} {revision} {}{by_key}", replaces.join(","))
            }
            Self::Variant { table, column, variant } => {
                write!(f, "variant {table}.{column} {variant}")
            }
        }
    }
}

/// Returns the checksum of a schema: the SHA-256 of its canonical form, in 64 hexadecimal digits.
///
/// The canonical form is a line `ara schema 1`, and then a line for each fact, in their order.
///
/// ```
/// use ara_schema::{Snapshot, checksum};
///
/// // printf 'ara schema 1\n' | sha256sum
/// let empty = "11e7ff20d210b5c0da2194ab45a709403d0e7838ab8d2136456bbb2043c98d59";
/// assert_eq!(checksum(&Snapshot::default().facts()), empty);
/// ```
#[must_use]
pub fn checksum(facts: &BTreeSet<Fact>) -> String {
    checksum_of_sorted(facts)
}

/// Returns the checksum of facts that are sorted and come once each, as [`checksum`] does.
pub(crate) fn checksum_of_sorted<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> String {
    let mut canonical = String::from("ara schema 1\n");
    for fact in facts {
        // Writing to a `String` cannot fail.
        let _ = writeln!(canonical, "{fact}");
    }
    hex(&hmac_sha256::Hash::hash(canonical.as_bytes()))
}

/// Returns bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

impl Snapshot {
    /// Returns the facts of this schema.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<Fact> {
        self.tables.iter().flat_map(TableSnapshot::facts).collect()
    }

    /// Returns the schema with these facts. Its columns are sorted by name, none of them is required, and
    /// it has no indexes. A column that got wider has the narrowest range that holds all that it had, and one that
    /// replaces others has the latest revision of its lens. A column without its table, and a variant or a lens
    /// without its column are left out.
    #[must_use]
    pub fn of_facts<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let facts: BTreeSet<&Fact> = facts.into_iter().collect();
        let mut schema = Self::default();
        for fact in facts {
            let table = schema.tables.last_mut().filter(|last| last.name == fact.table());
            match (fact, table) {
                (Fact::Table { table, local, key }, None) => schema.tables.push(TableSnapshot {
                    name: table.clone(),
                    local: *local,
                    key: key.clone(),
                    ..TableSnapshot::default()
                }),
                (Fact::Column { column, ty, range, .. }, Some(table)) => {
                    match table.columns.last_mut().filter(|last| last.name == *column) {
                        Some(column) => {
                            column.range = column.range.into_iter().chain(*range).reduce(Range::and)
                        }
                        None => table.columns.push(ColumnSnapshot {
                            name: column.clone(),
                            ty: ty.clone(),
                            range: *range,
                            required: false,
                            retired: false,
                            replaces: None,
                        }),
                    }
                }
                (Fact::Lens { column, revision, replaces, by_key, .. }, Some(table)) => {
                    let of = table.columns.last_mut().filter(|last| last.name == *column);
                    if let Some(column) = of {
                        // The latest revision is the last of them.
                        column.replaces = Some(ReplacesSnapshot {
                            columns: replaces.clone(),
                            revision: *revision,
                            by_key: *by_key,
                        });
                    }
                }
                (Fact::Variant { column, variant, .. }, Some(table)) => {
                    let of = table.columns.last_mut().filter(|last| last.name == *column);
                    if let Some(variants) = of.and_then(|column| column.ty.variants_mut()) {
                        variants.push(variant.clone());
                    }
                }
                _ => {}
            }
        }
        schema
    }
}

impl TableSnapshot {
    fn facts(&self) -> Vec<Fact> {
        let table = &self.name;
        let (local, key) = (self.local, self.key.clone());
        let mut facts = vec![Fact::Table { table: table.clone(), local, key }];
        for ColumnSnapshot { name: column, ty, range, replaces, .. } in &self.columns {
            let variants = ty.variants().unwrap_or_default();
            let mut ty = ty.clone();
            if let Some(variants) = ty.variants_mut() {
                variants.clear();
            }
            facts.push(Fact::Column {
                table: table.clone(),
                column: column.clone(),
                ty,
                range: *range,
            });
            facts.extend(replaces.as_ref().map(|lens| Fact::Lens {
                table: table.clone(),
                column: column.clone(),
                revision: lens.revision,
                replaces: sorted(&lens.columns),
                by_key: lens.by_key,
            }));
            facts.extend(variants.iter().map(|variant| Fact::Variant {
                table: table.clone(),
                column: column.clone(),
                variant: variant.clone(),
            }));
        }
        facts
    }
}

/// Returns names in an order that does not depend on how the code lists them.
fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(json: &str) -> Snapshot {
        serde_json::from_str(json).expect("a schema")
    }

    #[test]
    fn a_schema_is_its_facts() {
        let whole = schema(
            r#"[{"name":"todo","columns":[
                {"name":"title","type":"text","required":true},
                {"name":"state","type":{"enum":["Open","Done"]}},
                {"name":"category_id","type":{"id":"category"}}],"indexes":[["title"]]},
               {"name":"draft","local":true,"columns":[]}]"#,
        );
        let facts = whole.facts();
        let lines: Vec<_> = facts.iter().map(Fact::to_string).collect();
        let expected = [
            "table draft local",
            "table todo",
            "column todo.category_id id category",
            "column todo.state enum",
            "variant todo.state Done",
            "variant todo.state Open",
            "column todo.title text",
        ];
        assert_eq!(lines, expected);
        let again = Snapshot::of_facts(&facts);
        assert_eq!(again.facts(), facts);
        assert_eq!(checksum(&again.facts()), checksum(&facts));
    }

    #[test]
    fn keys_and_lenses_are_facts_and_what_is_retired_is_none() {
        let of = |retired: &str, columns: &str| {
            schema(&format!(
                r#"[{{"name":"todo","key":"title","columns":[
                {{"name":"title","type":"text"}},{{"name":"a","type":"text"{retired}}},{{"name":"b","type":"text"}},
                {{"name":"c","type":"json","replaces":{{"columns":[{columns}],"revision":3}}}},
                {{"name":"d","type":{{"id":"todo"}},"replaces":{{"columns":["a"],"revision":1,"by_key":true}}}}]}}]"#
            ))
        };
        let facts = of(r#","retired":true"#, r#""b","a""#).facts();
        let lines: Vec<_> = facts.iter().map(Fact::to_string).collect();
        let expected = [
            "table todo key title",
            "column todo.a text",
            "column todo.b text",
            "column todo.c json",
            "lens todo.c 3 a,b",
            "column todo.d id todo",
            "lens todo.d 1 a by key",
            "column todo.title text",
        ];
        assert_eq!(lines, expected);
        assert_eq!(facts, of("", r#""a","b""#).facts());
        let again = Snapshot::of_facts(&facts);
        assert_eq!(again.facts(), facts);
    }

    #[test]
    fn the_checksum_is_of_the_canonical_form() {
        // printf 'ara schema 1\ntable a\ncolumn a.b text\n' | sha256sum
        let facts = schema(r#"[{"name":"a","columns":[{"name":"b","type":"text"}]}]"#).facts();
        assert_eq!(
            checksum(&facts),
            "6a2e48df43686577e05bfe8f8a88a2673b2d3b1c4e467f1460965b0c1b888b76"
        );
    }
}
