//! Writing a schema as JSON, in constants as well as at run time.

use crate::table::{ColumnDef, TableDef};
use crate::text::Text;
use crate::ty::Type;

/// Writes tables as JSON: an array in their order, without white space. A [`Snapshot`](crate::Snapshot)
/// can be deserialized from it.
///
/// ```
/// use ara_schema::{ColumnDef, Range, TableDef, Text, Type, write_json};
///
/// static TODO: TableDef = TableDef {
///     name: "todo",
///     local: false,
///     columns: &[ColumnDef {
///         name: "title",
///         ty: Type::Text,
///         range: Some(Range::new(1, 100)),
///         required: true,
///         ..ColumnDef::EMPTY
///     }],
///     indexes: &[],
///     search: &[],
///     ..TableDef::EMPTY
/// };
///
/// let mut bytes = [0; 200];
/// let mut text = Text::new(&mut bytes);
/// write_json(&mut text, &[&TODO]);
/// assert_eq!(
///     text.as_str(),
///     r#"[{"name":"todo","columns":[{"name":"title","type":"text","range":"1..=100","required":true}]}]"#
/// );
/// ```
pub const fn write_json(text: &mut Text<'_>, tables: &[&TableDef]) {
    text.push("[");
    let mut at = 0;
    while at < tables.len() {
        text.push(if at > 0 { "," } else { "" });
        write_table(text, tables[at]);
        at += 1;
    }
    text.push("]");
}

const fn write_table(text: &mut Text<'_>, table: &TableDef) {
    text.push("{\"name\":");
    text.push_json(table.name);
    text.push(if table.local { ",\"local\":true" } else { "" });
    text.push(",\"columns\":[");
    let mut at = 0;
    while at < table.columns.len() {
        text.push(if at > 0 { "," } else { "" });
        write_column(text, &table.columns[at]);
        at += 1;
    }
    text.push("]");
    if !table.indexes.is_empty() {
        text.push(",\"indexes\":[");
        let mut at = 0;
        while at < table.indexes.len() {
            text.push(if at > 0 { "," } else { "" });
            write_names(text, table.indexes[at].columns);
            at += 1;
        }
        text.push("]");
    }
    if !table.search.is_empty() {
        text.push(",\"search\":");
        write_names(text, table.search);
    }
    if let Some(key) = table.key {
        text.push(",\"key\":");
        text.push_json(key);
    }
    text.push("}");
}

const fn write_column(text: &mut Text<'_>, column: &ColumnDef) {
    text.push("{\"name\":");
    text.push_json(column.name);
    text.push(",\"type\":");
    match column.ty {
        Type::Id(table) => {
            text.push("{\"id\":");
            text.push_json(table);
            text.push("}");
        }
        Type::Enum(variants) | Type::Versioned(variants) => {
            text.push("{\"");
            text.push(column.ty.word());
            text.push("\":");
            write_names(text, variants);
            text.push("}");
        }
        plain => text.push_json(plain.word()),
    }
    if let Some(range) = column.range {
        text.push(",\"range\":\"");
        range.write(text);
        text.push("\"");
    }
    text.push(if column.required { ",\"required\":true" } else { "" });
    text.push(if column.retired { ",\"retired\":true" } else { "" });
    if let Some(replaces) = column.replaces {
        text.push(",\"replaces\":{\"columns\":");
        write_names(text, replaces.columns);
        text.push(",\"revision\":");
        text.push_number(replaces.revision as u64);
        text.push(if replaces.by_key { ",\"by_key\":true}" } else { "}" });
    }
    text.push("}");
}

const fn write_names(text: &mut Text<'_>, names: &[&str]) {
    text.push("[");
    let mut at = 0;
    while at < names.len() {
        text.push(if at > 0 { "," } else { "" });
        text.push_json(names[at]);
        at += 1;
    }
    text.push("]");
}
