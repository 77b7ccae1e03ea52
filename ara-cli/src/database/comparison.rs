//! The comparison of a database file with the schema of a lock or of the code.

use ara_core::{FileColumn, FileSchema, FileTable};
use ara_schema::{ColumnSnapshot, Range, Snapshot, TableSnapshot, TypeSnapshot};

use crate::output::facts::{Item, What};

/// The differences between a database file and a schema.
#[derive(Debug, Default)]
pub struct FileComparison<'a> {
    /// What the schema has and the file lacks.
    pub lacks: Vec<Item<'a>>,
    /// What the file has and the schema lacks.
    pub has: Vec<Item<'a>>,
    /// The columns whose types differ.
    pub differs: Vec<Differs<'a>>,
    /// Whether the schema is that of the code. Only the code says which columns are required.
    is_code: bool,
}

/// A column whose type in the file is not that of the schema.
#[derive(Debug)]
pub struct Differs<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub in_schema: &'a TypeSnapshot,
    pub in_file: &'a TypeSnapshot,
}

impl<'a> FileComparison<'a> {
    /// Compares the schema of a lock with a file.
    pub fn of_lock(schema: &'a Snapshot, file: &'a FileSchema) -> Self {
        Self::default().compared(schema, file)
    }

    /// Compares the schema of the code with a file.
    pub fn of_code(schema: &'a Snapshot, file: &'a FileSchema) -> Self {
        Self { is_code: true, ..Self::default() }.compared(schema, file)
    }

    /// Adds the differences between a schema and a file.
    fn compared(mut self, schema: &'a Snapshot, file: &'a FileSchema) -> Self {
        let found = &mut self;
        for table in &schema.tables {
            match file.tables.iter().find(|held| is_same_table(table, held)) {
                Some(held) => found.compare(table, held),
                None => {
                    let columns = table.columns.iter().map(|column| found.column(column));
                    let key = table.key.as_deref();
                    let items = whole(&table.name, (table.local, key), columns);
                    found.lacks.extend(items);
                }
            }
        }
        for held in &file.tables {
            if !schema.tables.iter().any(|table| is_same_table(table, held)) {
                let columns = held.columns.iter().map(Column::of_file);
                found.has.extend(whole(&held.name, (held.local, None), columns));
            }
        }
        self
    }

    /// Returns what is known of a column of the schema.
    fn column(&self, column: &'a ColumnSnapshot) -> Column<'a> {
        let required = self.is_code.then_some(column.required);
        Column { name: &column.name, ty: Some(&column.ty), range: column.range, required }
    }

    /// Returns whether there are no differences.
    pub fn is_same(&self) -> bool {
        self.lacks.is_empty() && self.has.is_empty() && self.differs.is_empty()
    }

    /// Adds the differences between a table of the schema and that of the file.
    fn compare(&mut self, table: &'a TableSnapshot, held: &'a FileTable) {
        for column in &table.columns {
            match held.columns.iter().find(|held| held.name == column.name) {
                Some(held) => self.compare_column(&table.name, column, held),
                None => self.lacks.extend(of_column(&table.name, self.column(column))),
            }
        }
        for column in &held.columns {
            if table.column(&column.name).is_none() {
                self.has.extend(of_column(&table.name, Column::of_file(column)));
            }
        }
    }

    /// Adds the differences between a column of the schema and that of the file.
    fn compare_column(
        &mut self,
        table: &'a str,
        column: &'a ColumnSnapshot,
        FileColumn { ty: held, .. }: &'a FileColumn,
    ) {
        match (&column.ty, held) {
            (TypeSnapshot::Enum(variants), Some(TypeSnapshot::Enum(held)))
            | (TypeSnapshot::Versioned(variants), Some(TypeSnapshot::Versioned(held))) => {
                self.lacks.extend(variants_without(held, table, &column.name, variants));
                self.has.extend(variants_without(variants, table, &column.name, held));
            }
            (in_schema, Some(in_file)) if in_schema != in_file => {
                self.differs.push(Differs { table, column: &column.name, in_schema, in_file });
            }
            // The file has no type for a column that its history does not mention.
            _ => {}
        }
    }
}

/// What is known of a column of the schema or of the file.
struct Column<'a> {
    name: &'a str,
    ty: Option<&'a TypeSnapshot>,
    range: Option<Range>,
    required: Option<bool>,
}

impl<'a> Column<'a> {
    fn of_file(FileColumn { name, ty, .. }: &'a FileColumn) -> Self {
        Self { name, ty: ty.as_ref(), range: None, required: None }
    }
}

/// Returns whether two tables are the same. A file may have a synced and a local table of one name.
fn is_same_table(table: &TableSnapshot, held: &FileTable) -> bool {
    table.name == held.name && table.local == held.local
}

/// Returns everything that a table has.
fn whole<'a>(
    table: &'a str,
    (local, key): (bool, Option<&'a str>),
    columns: impl Iterator<Item = Column<'a>>,
) -> Vec<Item<'a>> {
    let mut items = vec![Item { table, what: What::Table { local, key } }];
    items.extend(columns.flat_map(|column| of_column(table, column)));
    items
}

/// Returns everything that a column has.
fn of_column<'a>(table: &'a str, column: Column<'a>) -> Vec<Item<'a>> {
    let Column { name: column, ty, range, required } = column;
    let mut items = vec![Item { table, what: What::Column { column, ty, range, required } }];
    if let Some(variants) = ty.and_then(TypeSnapshot::variants) {
        items.extend(variants_without(&[], table, column, variants));
    }
    items
}

/// Returns the variants of a column that are not among `known`.
fn variants_without<'a>(
    known: &[String],
    table: &'a str,
    column: &'a str,
    variants: &'a [String],
) -> impl Iterator<Item = Item<'a>> {
    variants
        .iter()
        .filter(|variant| !known.contains(variant))
        .map(move |variant| Item { table, what: What::Variant { column, variant } })
}
