//! Schemas in the notation of `schema-changes.md`.

use ara_schema::{
    ColumnSnapshot, Range, ReplacesSnapshot, Snapshot, TableSnapshot, Type, TypeSnapshot,
};

/// The schema of a text such as `todo: title text, done bool?; draft local: state enum(Open Done)`.
pub fn schema(text: &str) -> Snapshot {
    let tables = text.split(';').map(str::trim).filter(|table| *table != "nothing");
    Snapshot { tables: tables.map(table).collect() }
}

fn table(text: &str) -> TableSnapshot {
    let (head, body) = text.split_once(':').unwrap_or_else(|| panic!("no colon in `{text}`"));
    let (head, key) = match head.split_once(" key") {
        Some((head, key)) => (head, in_brackets(key, "").map(|key| key.concat())),
        None => (head, None),
    };
    let mut words = head.split_whitespace();
    let mut table = TableSnapshot {
        name: words.next().unwrap_or_default().to_owned(),
        local: words.next() == Some("local"),
        key,
        ..TableSnapshot::default()
    };
    for part in body.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match in_brackets(part, "index") {
            Some(columns) => table.indexes.push(columns),
            None => table.columns.push(column(part)),
        }
    }
    table
}

fn column(text: &str) -> ColumnSnapshot {
    let (name, ty) = text.split_once(' ').unwrap_or_else(|| panic!("no type in `{text}`"));
    let retired = ty.contains(" retired");
    let ty = &*ty.replace(" retired", "");
    let (ty, replaces) = match ty.split_once(" replaces") {
        Some((ty, lens)) => (ty, Some(replaces_of(lens))),
        None => (ty, None),
    };
    let optional = ty.strip_suffix('?');
    let ty = optional.unwrap_or(ty);
    let (ty, range) = match ty.rsplit_once(' ') {
        Some((ty, range)) if range.contains("..") && !range.ends_with(')') => (ty, Some(range)),
        _ => (ty, None),
    };
    ColumnSnapshot {
        name: name.to_owned(),
        ty: ty_of(ty),
        range: range.map(|range| Range::try_from(range.to_owned()).expect("a range")),
        required: optional.is_none(),
        retired,
        replaces,
    }
}

/// What is replaced, of a text such as `(first last)`, `(note) by key` or `(note) 2`.
fn replaces_of(text: &str) -> ReplacesSnapshot {
    let (columns, rest) = text.split_at(text.find(')').map_or(text.len(), |at| at + 1));
    let revision = rest.trim().trim_start_matches("by key").trim();
    ReplacesSnapshot {
        columns: in_brackets(columns, "").unwrap_or_else(|| panic!("no columns in `{text}`")),
        revision: revision.parse().unwrap_or(1),
        by_key: rest.contains("by key"),
    }
}

fn ty_of(text: &str) -> TypeSnapshot {
    if let Some(variants) = in_brackets(text, "enum") {
        return TypeSnapshot::Enum(variants);
    }
    if let Some(versions) = in_brackets(text, "versioned") {
        let numbered = (1..).zip(versions).map(|(number, name)| format!("{number} {name}"));
        return TypeSnapshot::Versioned(numbered.collect());
    }
    if let Some(tables) = in_brackets(text, "id") {
        return TypeSnapshot::Id(tables.concat());
    }
    let plain = Type::PLAIN.into_iter().find(|plain| plain.word() == text);
    plain.unwrap_or_else(|| panic!("`{text}` is no type")).into()
}

fn in_brackets(text: &str, word: &str) -> Option<Vec<String>> {
    let names = text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')')?;
    Some(names.split_whitespace().map(str::to_owned).collect())
}
