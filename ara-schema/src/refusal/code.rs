//! Code for the user to paste, which keeps what was released.

use crate::lookup::contains;
use crate::table::{ColumnDef, TableDef};
use crate::text::Text;
use crate::ty::Type;

/// Writes a stored type in words.
pub(super) const fn write_type(text: &mut Text<'_>, ty: Type) {
    text.push(ty.word());
    if let Type::Id(table) = ty {
        text.push(" of `");
        text.push(table);
        text.push("`");
    }
}

/// Writes the field of a column.
pub(super) const fn write_field(text: &mut Text<'_>, name: &str, ty: Type, required: bool) {
    // These keywords cannot be names, not even after `r#`.
    if contains(&["self", "super", "crate"], name) {
        text.push("#[table(column = \"");
        text.push(name);
        text.push("\")] pub ");
        text.push(name);
        text.push("_");
    } else {
        text.push(if contains(KEYWORDS, name) { "pub r#" } else { "pub " });
        text.push(name);
    }
    write_field_type(text, name, ty, required);
}

/// Writes a field of the type that a column has now, to stand beside the column as it was released.
pub(super) const fn write_field_beside(text: &mut Text<'_>, now: &ColumnDef) {
    text.push("pub ");
    text.push(now.name);
    text.push("_");
    text.push(match now.ty {
        Type::Id(table) => table,
        _ => now.ty.word(),
    });
    write_field_type(text, now.name, now.ty, now.required);
}

const fn write_field_type(text: &mut Text<'_>, column: &str, ty: Type, required: bool) {
    text.push(if required { ": " } else { ": Option<" });
    write_rust_type(text, column, ty);
    text.push(if required { "," } else { ">," });
}

/// Writes the variant with this stored name.
pub(super) const fn write_variant(text: &mut Text<'_>, stored: &str) {
    if is_variant_name(stored) {
        text.push(stored);
    } else {
        text.push("#[value(name = ");
        text.push_json(stored);
        text.push(")] ");
        text.push_variant_name(stored);
        // `Self` is a keyword.
        text.push(if contains(&["Self", "self"], stored) { "_" } else { "" });
    }
    text.push(",");
}

/// Writes the enum of a column, if its type is one: the user may have removed it as well.
pub(super) const fn write_enum(text: &mut Text<'_>, column: &ColumnDef) {
    let Type::Enum(variants) = column.ty else { return };
    text.push(
        "\n  its enum, if gone:     #[derive(Debug, Clone, PartialEq, ara::Value)] pub enum ",
    );
    text.push_pascal(column.name);
    text.push(" { ");
    let mut at = 0;
    while at < variants.len() {
        write_variant(text, variants[at]);
        text.push(" ");
        at += 1;
    }
    text.push("}");
}

/// Returns whether a variant with this stored name can have the same name in Rust.
const fn is_variant_name(name: &str) -> bool {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        if !name[at].is_ascii_alphanumeric() {
            return false;
        }
        at += 1;
    }
    !name.is_empty() && name[0].is_ascii_uppercase() && !matches!(name, b"Self")
}

/// Writes a struct with everything that was released of its table.
pub(super) const fn write_struct(text: &mut Text<'_>, table: &TableDef) {
    text.push("#[derive(ara::Table)] ");
    text.push(if table.local { "#[table(local)] " } else { "" });
    text.push("pub struct ");
    text.push_pascal(table.name);
    text.push(" { pub id: ara::Id<");
    text.push_pascal(table.name);
    text.push(">, ");
    let mut at = 0;
    while at < table.columns.len() {
        write_field(text, table.columns[at].name, table.columns[at].ty, false);
        text.push(" ");
        at += 1;
    }
    text.push("}");
}

/// Writes the simplest Rust type that is stored like this.
const fn write_rust_type(text: &mut Text<'_>, column: &str, ty: Type) {
    let rest = match ty {
        Type::Bool => "bool",
        Type::Integer => "i64",
        Type::Counter => "ara::Counter",
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

/// The keywords that can be names of fields after `r#`.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];
