//! Code for the user to paste, which keeps what was released.

use crate::lookup::contains;
use crate::range::Range;
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

/// Writes in words what a column can hold.
pub(super) const fn write_range(text: &mut Text<'_>, column: &ColumnDef) {
    let Range { min, max } = match column.range {
        Some(range) => range,
        None => Range::ALL,
    };
    match column.ty {
        Type::Real => {
            text.push(if max <= SINGLE { "numbers of 32 bits" } else { "numbers of 64 bits" });
        }
        Type::Text if min < 1 && max == i64::MAX => text.push("text of any length"),
        Type::Text if max == i64::MAX => {
            text.push("text of at least ");
            text.push_integer(min);
            text.push(" characters");
        }
        Type::Text => {
            text.push("text of ");
            text.push_integer(if min < 0 { 0 } else { min });
            text.push(" to ");
            text.push_integer(max);
            text.push(" characters");
        }
        _ => {
            text.push("integers from ");
            text.push_integer(min);
            text.push(" to ");
            text.push_integer(max);
        }
    }
}

/// Writes the field of a column.
pub(super) const fn write_field(text: &mut Text<'_>, column: &ColumnDef, required: bool) {
    let name = column.name;
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
    write_field_type(text, column, required);
}

/// Writes a field of the type that a column has now, to stand beside the column as it was released. `ending` is
/// appended to its name.
pub(super) const fn write_field_beside(text: &mut Text<'_>, now: &ColumnDef, ending: &str) {
    text.push("pub ");
    text.push(now.name);
    text.push("_");
    text.push(ending);
    // Rows that were there before lack it.
    write_field_type(text, now, false);
}

const fn write_field_type(text: &mut Text<'_>, column: &ColumnDef, required: bool) {
    text.push(if required { ": " } else { ": Option<" });
    write_rust_type(text, column);
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
        write_field(text, &table.columns[at], false);
        text.push(" ");
        at += 1;
    }
    text.push("}");
}

/// Writes the simplest Rust type that is stored like this and as wide as this.
const fn write_rust_type(text: &mut Text<'_>, column: &ColumnDef) {
    let range = match column.range {
        Some(range) => range,
        None => Range::ALL,
    };
    let rest = match column.ty {
        Type::Bool => "bool",
        Type::Integer => integer_type(range),
        Type::Counter => "ara::Counter",
        Type::Real if range.max <= SINGLE => "f32",
        Type::Real => "f64",
        Type::Text if range.min >= 1 && range.max < i64::MAX => {
            text.push("ara::NonEmptyString<");
            text.push_integer(range.max);
            ">"
        }
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
            text.push_pascal(column.name);
            ""
        }
    };
    text.push(rest);
}

/// Returns the narrowest integer type that holds a range.
const fn integer_type(range: Range) -> &'static str {
    let mut at = 0;
    while at < INTEGERS.len() {
        let (name, min, max) = INTEGERS[at];
        if Range::new(min, max).holds(range) {
            return name;
        }
        at += 1;
    }
    "i64"
}

/// The integer types that are narrower than `i64`, with their ends.
const INTEGERS: [(&str, i64, i64); 6] = [
    ("u8", 0, u8::MAX as i64),
    ("i8", i8::MIN as i64, i8::MAX as i64),
    ("u16", 0, u16::MAX as i64),
    ("i16", i16::MIN as i64, i16::MAX as i64),
    ("u32", 0, u32::MAX as i64),
    ("i32", i32::MIN as i64, i32::MAX as i64),
];

/// The bits of an `f32`.
const SINGLE: i64 = 32;

/// The keywords that can be names of fields after `r#`.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];
