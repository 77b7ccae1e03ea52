//! What the compiler says where something that was released is gone or has changed.

use crate::text::Text;
use crate::violation::{Violation, Violations, contains, find_column, find_table, is_stored_as};
use crate::{ColumnDef, TableDef, Type};

/// Where in its struct a refusal is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the struct.
    Struct,
    /// At the field of the column of this position.
    Field(usize),
}

/// Where to show what a table breaks of what was released of it; `None` if it breaks nothing.
#[must_use]
pub const fn place_of_refusal(
    released: &'static TableDef,
    now: &'static TableDef,
) -> Option<Place> {
    match Violations::new(released, now).next() {
        None => None,
        Some(Violation::Local) => Some(Place::Struct),
        Some(Violation::ColumnGone { column }) => match new_names(released, now, column) {
            (1, at) => Some(Place::Field(at)),
            _ => Some(Place::Struct),
        },
        Some(
            Violation::TypeChanged { now: column, .. } | Violation::VariantGone { now: column, .. },
        ) => Some(Place::Field(position(now.columns, column.name))),
    }
}

/// Writes what a table breaks of what was released of it, each with its mend.
pub const fn write_refusal(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
) {
    let mut violations = Violations::new(released, now);
    let mut count = 0;
    while let Some(violation) = violations.next() {
        if count > 0 {
            text.push("\n\n");
        }
        count += 1;
        match violation {
            Violation::Local => write_local(text, released),
            Violation::ColumnGone { column } => write_column_gone(text, released, now, column),
            Violation::TypeChanged { column, now } => {
                write_type_changed(text, released, column, now)
            }
            Violation::VariantGone { now, variant, released: before, variants } => {
                write_variant_gone(text, released, now, variant, (before, variants));
            }
        }
    }
    write_why(text);
}

/// Whether a table that was released is not among the tables of a schema.
#[must_use]
pub const fn lacks_a_table(released: &'static [TableDef], now: &[&'static TableDef]) -> bool {
    let mut at = 0;
    while at < released.len() {
        if !names_table(now, released[at].name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Writes which tables were released and are not among those of the schema `schema`, each with its
/// mend.
pub const fn write_lacking_tables(
    text: &mut Text<'_>,
    schema: &str,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) {
    let mut at = 0;
    let mut count = 0;
    while at < released.len() {
        let table = &released[at];
        if !names_table(now, table.name) {
            if count > 0 {
                text.push("\n\n");
            }
            count += 1;
            write_table_gone(text, schema, table, released, now);
        }
        at += 1;
    }
    write_why(text);
}

const fn write_why(text: &mut Text<'_>) {
    text.push(
        "\n\nwhat was released stays, for devices that run an older version: `ara.lock` lists it",
    );
}

const fn write_local(text: &mut Text<'_>, released: &TableDef) {
    text.push("table `");
    text.push(released.name);
    if released.local {
        text.push("` was released as a local table, and is one that syncs now\n");
        text.push("  keep it local:     #[table(local)]\n");
        text.push("  to sync from now:  a new table beside it, #[table(name = \"");
        text.push(released.name);
        text.push("_synced\")]");
    } else {
        text.push("` was released as a table that syncs, and is local now\n");
        text.push("  keep it synced:    without `local`\n");
        text.push("  to keep it here:   a new table beside it, #[table(local, name = \"");
        text.push(released.name);
        text.push("_local\")]");
    }
}

const fn write_column_gone(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
    column: &'static ColumnDef,
) {
    write_column(text, released, column.name);
    text.push(" was released as ");
    write_type(text, column.ty);
    text.push(", and is gone");
    let (count, _) = new_names(released, now, column);
    if count > 0 {
        text.push(if count == 1 {
            "; probably its name is `"
        } else {
            "; it may be called one of `"
        });
        let mut at = 0;
        let mut written = 0;
        while at < now.columns.len() {
            if is_new_name(released, &now.columns[at], column) {
                if written > 0 {
                    text.push("`, `");
                }
                text.push(now.columns[at].name);
                written += 1;
            }
            at += 1;
        }
        text.push("` now\n  a new name:        #[table(column = \"");
        text.push(column.name);
        text.push("\")] on the field, which keeps the stored name\n  something else:    ");
    } else {
        text.push("\n  keep it, unused:   ");
    }
    text.push("#[deprecated] pub ");
    write_field(text, column.name, column.ty);
    text.push(if count > 0 { "  beside it" } else { "" });
}

const fn write_type_changed(
    text: &mut Text<'_>,
    released: &TableDef,
    column: &ColumnDef,
    now: &ColumnDef,
) {
    write_column(text, released, column.name);
    text.push(" was released as ");
    write_type(text, column.ty);
    text.push(", and is ");
    write_type(text, now.ty);
    text.push(" now\n  keep it:           pub ");
    write_field(text, column.name, column.ty);
    text.push("\n  and beside it:     pub ");
    text.push(now.name);
    text.push("_");
    text.push(match now.ty {
        Type::Id(table) => table,
        _ => now.ty.word(),
    });
    text.push(": ");
    write_rust_type(text, now.name, now.ty);
    text.push(",");
}

const fn write_variant_gone(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    variant: &str,
    (before, variants): (&[&'static str], &[&'static str]),
) {
    text.push("variant `");
    text.push(variant);
    text.push("` of ");
    write_column(text, released, now.name);
    text.push(" was released, and is gone\n  keep it, unused:   #[deprecated] ");
    text.push(variant);
    text.push(",");
    let mut at = 0;
    while at < variants.len() {
        if !contains(before, variants[at]) {
            text.push("\n  a new name:        #[value(name = ");
            text.push_json(variant);
            text.push(")] ");
            text.push(variants[at]);
            text.push(",");
        }
        at += 1;
    }
}

const fn write_table_gone(
    text: &mut Text<'_>,
    schema: &str,
    table: &'static TableDef,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) {
    text.push("table `");
    text.push(table.name);
    text.push("` was released, and schema `");
    text.push(schema);
    text.push("` does not name it");
    let mut at = 0;
    while at < now.len() {
        if find_table(released, now[at].name).is_none() && takes_over(now[at], table) {
            text.push("\n  a new name:        #[table(name = \"");
            text.push(table.name);
            text.push("\")] on the struct of `");
            text.push(now[at].name);
            text.push("`, which has the same columns");
        }
        at += 1;
    }
    text.push("\n  keep it:           name its struct in the schema\n  keep it, unused:   ");
    if table.local {
        text.push("#[table(local)] ");
    }
    text.push("#[derive(Table)] pub struct ");
    text.push_pascal(table.name);
    text.push(" { pub id: Id<");
    text.push_pascal(table.name);
    text.push(">, ");
    let mut at = 0;
    while at < table.columns.len() {
        text.push("pub ");
        write_field(text, table.columns[at].name, table.columns[at].ty);
        text.push(" ");
        at += 1;
    }
    text.push("}");
}

const fn write_column(text: &mut Text<'_>, table: &TableDef, column: &str) {
    text.push("column `");
    text.push(table.name);
    text.push(".");
    text.push(column);
    text.push("`");
}

/// A stored type in words.
const fn write_type(text: &mut Text<'_>, ty: Type) {
    text.push(ty.word());
    if let Type::Id(table) = ty {
        text.push(" of `");
        text.push(table);
        text.push("`");
    }
}

/// A field that keeps a column, as code.
const fn write_field(text: &mut Text<'_>, name: &str, ty: Type) {
    text.push(name);
    text.push(": Option<");
    write_rust_type(text, name, ty);
    text.push(">,");
}

/// The plainest Rust type that is stored so.
const fn write_rust_type(text: &mut Text<'_>, column: &str, ty: Type) {
    let rest = match ty {
        Type::Bool => "bool",
        Type::Integer => "i64",
        Type::Real => "f64",
        Type::Text => "String",
        Type::Blob => "Vec<u8>",
        Type::Uuid => "ara::Uuid",
        Type::Timestamp => "ara::Timestamp",
        Type::Instant => "jiff::Timestamp",
        Type::Date => "jiff::civil::Date",
        Type::Time => "jiff::civil::Time",
        Type::DateTime => "jiff::civil::DateTime",
        Type::Zoned => "jiff::Zoned",
        Type::Json => "ara::Json<serde_json::Value>",
        Type::Id(table) => {
            text.push("ara::Id<");
            text.push_pascal(table);
            ">"
        }
        Type::Enum(_) => {
            text.push_pascal(column);
            ""
        }
    };
    text.push(rest);
}

/// The columns that may be `gone` under a new name: how many there are, and where the first is.
const fn new_names(
    released: &'static TableDef,
    now: &'static TableDef,
    gone: &ColumnDef,
) -> (usize, usize) {
    let mut count = 0;
    let mut first = 0;
    let mut at = now.columns.len();
    while at > 0 {
        at -= 1;
        if is_new_name(released, &now.columns[at], gone) {
            count += 1;
            first = at;
        }
    }
    (count, first)
}

/// Whether a column has come that is stored as the one that is gone.
const fn is_new_name(released: &'static TableDef, come: &ColumnDef, gone: &ColumnDef) -> bool {
    find_column(released.columns, come.name).is_none() && is_stored_as(gone.ty, come.ty)
}

/// Whether a table has every column that was released of another.
const fn takes_over(come: &'static TableDef, gone: &'static TableDef) -> bool {
    !gone.columns.is_empty() && Violations::new(gone, come).next().is_none()
}

const fn names_table(tables: &[&'static TableDef], name: &str) -> bool {
    let mut at = 0;
    while at < tables.len() {
        if crate::text::same(tables[at].name, name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn position(columns: &[ColumnDef], name: &str) -> usize {
    let mut at = 0;
    while at < columns.len() && !crate::text::same(columns[at].name, name) {
        at += 1;
    }
    at
}
