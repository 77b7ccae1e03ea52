//! Code for the user to paste, which keeps what was released.

use crate::lookup::contains;
use crate::range::Range;
use crate::table::{ColumnDef, Replaces, TableDef};
use crate::text::{Text, same};
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
    if let Some(replaces) = column.replaces {
        text.push("#[table(");
        write_lens(text, replaces, replaces.revision);
        text.push(")] ");
    }
    write_column_argument(text, column.name);
    text.push("pub ");
    write_field_name(text, column.name);
    write_field_type(text, column, required);
}

/// Writes the field of a column that other columns have replaced. Nothing outside of the struct names it.
pub(super) const fn write_retired_field(text: &mut Text<'_>, column: &ColumnDef) {
    text.push("#[table(retired");
    if let Some(replaces) = column.replaces {
        text.push(", ");
        write_lens(text, replaces, replaces.revision);
    }
    text.push(")] ");
    write_column_argument(text, column.name);
    write_field_name(text, column.name);
    write_field_type(text, column, false);
}

/// Writes the argument `replaces` of a lens, as if it was of this revision.
pub(super) const fn write_lens(text: &mut Text<'_>, replaces: Replaces, revision: u32) {
    let Replaces { columns, by_key, .. } = replaces;
    text.push(if columns.len() > 1 { "replaces((" } else { "replaces(" });
    write_list(text, columns, "", ", ");
    text.push(if columns.len() > 1 { ")" } else { "" });
    text.push(if by_key { ", by_key" } else { ", read = .., write = .." });
    if revision > 1 {
        text.push(", revision = ");
        text.push_number(revision as u64);
    }
    text.push(")");
}

/// Writes names, each between quotes.
pub(super) const fn write_list(text: &mut Text<'_>, names: &[&str], quote: &str, between: &str) {
    let mut at = 0;
    while at < names.len() {
        text.push(if at > 0 { between } else { "" });
        text.push(quote);
        text.push(names[at]);
        text.push(quote);
        at += 1;
    }
}

/// Writes the types of the functions between a column and the one that it replaces. Of a column that is not known,
/// it is told that its type belongs there.
pub(super) const fn write_functions(text: &mut Text<'_>, old: &ColumnDef, new: Option<&ColumnDef>) {
    text.push("read: fn(");
    write_rust_type(text, old);
    text.push(") -> ");
    write_new_type(text, new);
    text.push(", write: fn(&");
    write_new_type(text, new);
    text.push(") -> ");
    write_rust_type(text, old);
}

const fn write_new_type(text: &mut Text<'_>, new: Option<&ColumnDef>) {
    match new {
        Some(new) => write_rust_type(text, new),
        None => text.push("New"),
    }
}

/// These keywords cannot be names, not even after `r#`.
const NO_NAMES: &[&str] = &["self", "super", "crate"];

/// Writes the argument that gives a field its stored name, if the field cannot have that name.
const fn write_column_argument(text: &mut Text<'_>, name: &str) {
    if contains(NO_NAMES, name) {
        text.push("#[table(column = \"");
        text.push(name);
        text.push("\")] ");
    }
}

/// Writes the name of the field of a column.
const fn write_field_name(text: &mut Text<'_>, name: &str) {
    text.push(if contains(KEYWORDS, name) { "r#" } else { "" });
    text.push(name);
    text.push(if contains(NO_NAMES, name) { "_" } else { "" });
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

/// Writes the variant that is listed so. What data it has, the lock does not tell.
pub(super) const fn write_variant(text: &mut Text<'_>, listed: &str) {
    let (stored, has_data) = variant(listed);
    write_named(text, stored);
    text.push(if has_data { "(..)," } else { "," });
}

/// Returns the stored name of a variant, and whether it has data, as [`Type::Enum`] lists it.
pub(super) const fn variant(listed: &str) -> (&str, bool) {
    match listed.as_bytes() {
        [.., b'(', b'.', b'.', b')'] => match listed.split_at_checked(listed.len() - 4) {
            Some((stored, _)) => (stored, true),
            None => (listed, false),
        },
        _ => (listed, false),
    }
}

/// Writes the variant of a version with this stored name. What its document is, the lock does not tell.
pub(super) const fn write_version(text: &mut Text<'_>, stored: &str) {
    write_named(text, stored);
    text.push("(..),");
}

/// Returns the number and the stored name of a version, as [`Type::Versioned`] lists it.
pub(super) const fn version(listed: &str) -> (&str, &str) {
    let mut at = 0;
    while at < listed.len() && listed.as_bytes()[at] != b' ' {
        at += 1;
    }
    match listed.split_at_checked(at) {
        Some((number, name)) => match name.split_at_checked(1) {
            Some((_, name)) => (number, name),
            None => (number, name),
        },
        None => (listed, ""),
    }
}

const fn write_named(text: &mut Text<'_>, stored: &str) {
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
}

/// Writes the enum of a column, if its type is one: the user may have removed it as well.
pub(super) const fn write_enum(text: &mut Text<'_>, column: &ColumnDef) {
    let Some(variants) = column.ty.variants() else { return };
    let is_versioned = matches!(column.ty, Type::Versioned(_));
    text.push("\n  its enum, if gone:     #[derive(Debug, Clone, PartialEq, ara::");
    text.push(if is_versioned { "Versioned" } else { "Value" });
    text.push(")] pub enum ");
    text.push_pascal(column.name);
    text.push(" { ");
    let mut at = 0;
    while at < variants.len() {
        if is_versioned {
            write_version(text, version(variants[at]).1);
        } else {
            write_variant(text, variants[at]);
        }
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
    if let Some(key) = table.key {
        text.push("#[table(key = ");
        text.push(key);
        text.push(")] ");
    }
    text.push("pub struct ");
    text.push_pascal(table.name);
    text.push(" { pub id: ara::Id<");
    text.push_pascal(table.name);
    text.push(">, ");
    let mut at = 0;
    while at < table.columns.len() {
        let column = &table.columns[at];
        if is_replaced(table, column.name) {
            write_retired_field(text, column);
        } else {
            write_field(text, column, is_key(table, column.name));
        }
        text.push(" ");
        at += 1;
    }
    text.push("}");
}

/// Returns whether a column is replaced by another one.
const fn is_replaced(table: &TableDef, name: &str) -> bool {
    let mut at = 0;
    while at < table.columns.len() {
        if let Some(replaces) = table.columns[at].replaces
            && contains(replaces.columns, name)
        {
            return true;
        }
        at += 1;
    }
    false
}

/// Returns whether the rows' ids are made from a column.
pub(super) const fn is_key(table: &TableDef, name: &str) -> bool {
    match table.key {
        Some(key) => same(key, name),
        None => false,
    }
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
        Type::Merged => "ara::Text",
        Type::Blob => "Vec<u8>",
        Type::Uuid => "ara::Uuid",
        Type::Timestamp => "ara::Timestamp",
        Type::Instant => "jiff::Timestamp",
        Type::Date => "jiff::civil::Date",
        Type::Time => "jiff::civil::Time",
        Type::DateTime => "jiff::civil::DateTime",
        Type::Zoned => "jiff::ZonedDateTime",
        Type::Json => "ara::Json<serde_json::Value>",
        Type::Id(table) => {
            text.push("ara::Id<");
            text.push_pascal(table);
            ">"
        }
        Type::Enum(_) | Type::Versioned(_) => {
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
