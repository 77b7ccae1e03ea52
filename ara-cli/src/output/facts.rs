//! The facts of schemas, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::Style;
use ara_schema::{Fact, Range, Snapshot, TypeSnapshot};
use serde_json::{Map, Value, json};

use crate::output::style::{FAINT, NAME, Styled};

/// A fact of a schema. Of a column in a file, perhaps only the name is known.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The stored name of the table.
    pub table: &'a str,
    /// What the table has.
    pub what: What<'a>,
}

/// What an [`Item`] says that its table has.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    Table {
        local: bool,
        /// The column that the rows' ids are made from. A file does not tell.
        key: Option<&'a str>,
    },
    Column {
        column: &'a str,
        ty: Option<&'a TypeSnapshot>,
        range: Option<Range>,
        /// Whether a row cannot be created without a value for it. Only the code tells.
        required: Option<bool>,
    },
    /// Another range of a column that is known.
    Range {
        column: &'a str,
        ty: &'a TypeSnapshot,
        range: Option<Range>,
        /// The range that it had before, if that is known.
        before: Option<Range>,
    },
    /// What a column replaces.
    Lens {
        column: &'a str,
        replaces: &'a [String],
        by_key: bool,
        revision: u32,
        /// The revision that it had before, if it replaced something.
        before: Option<u32>,
    },
    Variant {
        column: &'a str,
        variant: &'a str,
    },
}

impl<'a> From<&'a Fact> for Item<'a> {
    fn from(fact: &'a Fact) -> Self {
        let what = match fact {
            Fact::Table { local, key, .. } => What::Table { local: *local, key: key.as_deref() },
            Fact::Column { column, ty, range, .. } => {
                What::Column { column, ty: Some(ty), range: *range, required: None }
            }
            Fact::Lens { column, replaces, by_key, revision, .. } => {
                What::Lens { column, replaces, by_key: *by_key, revision: *revision, before: None }
            }
            Fact::Variant { column, variant, .. } => What::Variant { column, variant },
        };
        Self { table: fact.table(), what }
    }
}

impl<'a> Item<'a> {
    /// Returns a fact of the code, which also tells whether a column is required. What was released tells
    /// whether the column is new.
    pub fn of_code(fact: &'a Fact, code: &Snapshot, released: &Snapshot) -> Self {
        let mut item = Self::from(fact);
        if let What::Lens { column, before, .. } = &mut item.what {
            let known = released.table(item.table).and_then(|table| table.column(column));
            *before = known.and_then(|column| column.replaces.as_ref()).map(|lens| lens.revision);
        }
        if let What::Column { column, ty: Some(ty), range, required } = &mut item.what {
            let find = |schema: &Snapshot| schema.table(item.table)?.column(column).cloned();
            *required = find(code).map(|column| column.required);
            if let Some(known) = find(released) {
                item.what = What::Range { column, ty, range: *range, before: known.range };
            }
        }
        item
    }
}

/// Returns facts for `--json`.
pub fn as_json<'a>(items: impl IntoIterator<Item: Into<Item<'a>>>) -> Value {
    items.into_iter().map(|item| item_as_json(item.into())).collect()
}

fn item_as_json(Item { table, what }: Item<'_>) -> Value {
    let (kind, rest) = match what {
        What::Table { local, key } => ("table", json!({"local": local, "key": key})),
        What::Column { column, ty, range, required } => {
            let ty = ty.map(type_as_json);
            ("column", json!({"column": column, "type": ty, "range": range, "required": required}))
        }
        What::Range { column, ty, range, before } => {
            let ty = type_as_json(ty);
            ("range", json!({"column": column, "type": ty, "range": range, "before": before}))
        }
        What::Lens { column, replaces, by_key, revision, before } => (
            "lens",
            json!({
                "column": column,
                "replaces": replaces,
                "by_key": by_key,
                "revision": revision,
                "before": before,
            }),
        ),
        What::Variant { column, variant } => {
            ("variant", json!({"column": column, "variant": variant}))
        }
    };
    let mut object = Map::from_iter([
        ("kind".to_owned(), Value::from(kind)),
        ("table".to_owned(), Value::from(table)),
    ]);
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    Value::Object(object)
}

/// Returns a stored type for `--json`: a word, or `{"id": table}`. The variants of an enum are facts of
/// their own.
pub fn type_as_json(ty: &TypeSnapshot) -> Value {
    match ty {
        TypeSnapshot::Id(table) => json!({"id": table}),
        ty => Value::from(ty.word()),
    }
}

/// Returns a stored type in words.
pub fn type_in_words(ty: &TypeSnapshot) -> String {
    match ty {
        TypeSnapshot::Id(table) => format!("id of {table}"),
        ty => ty.word().to_owned(),
    }
}

/// Returns a stored type and its range in words. A range that holds everything is left out.
pub fn width_in_words(ty: &TypeSnapshot, range: Option<Range>) -> String {
    let ty = type_in_words(ty);
    match range.filter(|range| *range != Range::ALL) {
        Some(range) => format!("{ty} {range}"),
        None => ty,
    }
}

/// Returns in words what a column replaces.
pub fn lens_in_words(replaces: &[String], by_key: bool, revision: u32) -> String {
    let names: Vec<_> = replaces.iter().map(|name| format!("`{name}`")).collect();
    let mut words = format!("replaces {}", names.join(" and "));
    words.push_str(if by_key { " by key" } else { "" });
    if revision > 1 {
        words.push_str(&format!(", revision {revision}"));
    }
    words
}

/// The note about columns that got wider.
const WIDER: &str =
    "wider: older versions of the app keep a value beyond their range, and do not see it";

/// The note about required columns that are new in tables that may have rows already.
const REQUIRED: &str =
    "required: `narrow_all` leaves out rows of older versions that show nothing in it";

/// Returns facts as a list with a line for each column. `sign` and `style` mark what the facts are about.
/// Notes follow if rows may lack a required column, and if a column got wider.
pub fn as_text<'a>(
    items: impl IntoIterator<Item: Into<Item<'a>>>,
    sign: char,
    style: Style,
) -> String {
    let mut tables: BTreeMap<&str, TableFacts<'_>> = BTreeMap::new();
    for Item { table, what } in items.into_iter().map(Into::into) {
        tables.entry(table).or_default().add(what);
    }
    let mut text = String::new();
    for (name, table) in &tables {
        // Writing to a `String` cannot fail.
        let _ = table.write(&mut text, name, &Styled(style, sign).to_string());
    }
    if tables.values().any(TableFacts::may_be_lacking) {
        let _ = writeln!(text, "\n{REQUIRED}");
    }
    if tables.values().any(TableFacts::is_wider) {
        let _ = writeln!(text, "\n{WIDER}");
    }
    text
}

/// The facts about one table.
#[derive(Default)]
struct TableFacts<'f> {
    /// Whether the table is local, if there is a fact about the table itself.
    is_local: Option<bool>,
    key: Option<&'f str>,
    columns: BTreeMap<&'f str, ColumnFacts<'f>>,
}

/// The facts about one column.
#[derive(Default)]
struct ColumnFacts<'f> {
    /// The type in words, if there is a fact about the column itself.
    ty: Option<String>,
    is_required: bool,
    /// The new range in words, if that is all that is new.
    range: Option<String>,
    is_wider: bool,
    /// What it replaces in words, if that is new.
    lens: Option<String>,
    variants: Vec<&'f str>,
}

impl<'f> TableFacts<'f> {
    fn add(&mut self, what: What<'f>) {
        match what {
            What::Table { local, key } => (self.is_local, self.key) = (Some(local), key),
            What::Column { column, ty, range, required } => {
                let facts = self.columns.entry(column).or_default();
                facts.ty = Some(ty.map_or_else(String::new, |ty| width_in_words(ty, range)));
                facts.is_required = required == Some(true);
            }
            What::Range { column, ty, range, before } => {
                let facts = self.columns.entry(column).or_default();
                let was = match before {
                    Some(_) => format!(", was {}", width_in_words(ty, before)),
                    None => ", had no range recorded".to_owned(),
                };
                facts.range = Some(width_in_words(ty, range) + &was);
                facts.is_wider = before.is_some();
            }
            What::Lens { column, replaces, by_key, revision, before } => {
                let mut words = lens_in_words(replaces, by_key, revision);
                if let Some(before) = before {
                    words.push_str(&format!(", was revision {before}"));
                }
                self.columns.entry(column).or_default().lens = Some(words);
            }
            What::Variant { column, variant } => {
                self.columns.entry(column).or_default().variants.push(variant);
            }
        }
    }

    /// Returns whether rows of the table may lack a required column. A new table has no rows yet.
    fn may_be_lacking(&self) -> bool {
        self.is_local.is_none() && self.columns.values().any(|column| column.is_required)
    }

    fn is_wider(&self) -> bool {
        self.columns.values().any(|column| column.is_wider)
    }

    fn write(&self, text: &mut String, name: &str, sign: &str) -> std::fmt::Result {
        let (before, after) = match self.is_local {
            None => (" ", ""),
            Some(false) => (sign, ""),
            Some(true) => (sign, " (local)"),
        };
        write!(text, "  {before} table {}{after}", Styled(NAME, name))?;
        writeln!(
            text,
            "{}",
            self.key.map_or_else(String::new, |key| format!(", its key is `{key}`"))
        )?;
        let width = self.columns.keys().map(|column| column.chars().count()).max().unwrap_or(0);
        for (column, ColumnFacts { ty, is_required, range, lens, variants, .. }) in &self.columns {
            let variants = variants.join(", ");
            let Some(ty) = ty else {
                // Of a column that is known, each new thing is a line.
                let variants = Some(&variants).filter(|variants| !variants.is_empty());
                for new in range.iter().chain(variants).chain(lens) {
                    writeln!(text, "        {column:width$}  {sign} {new}")?;
                }
                continue;
            };
            let line = format!("{column:width$}  {ty}");
            write!(text, "      {sign} {}", line.trim_end())?;
            if !variants.is_empty() {
                write!(text, " {}", Styled(FAINT, variants))?;
            }
            if *is_required && self.is_local.is_none() {
                text.push_str("  required");
            }
            if let Some(lens) = lens {
                write!(text, "  {lens}")?;
            }
            text.push('\n');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Vec<Fact> {
        let [todo, draft] = ["todo", "draft"].map(str::to_owned);
        let [state, title] = ["state", "title"].map(str::to_owned);
        vec![
            Fact::Table { table: draft.clone(), local: true, key: None },
            Fact::Column {
                table: draft.clone(),
                column: "of".to_owned(),
                ty: TypeSnapshot::Id(todo.clone()),
                range: None,
            },
            Fact::Column {
                table: draft.clone(),
                column: state.clone(),
                ty: TypeSnapshot::Enum(Vec::new()),
                range: None,
            },
            Fact::Variant { table: draft, column: state.clone(), variant: "New".to_owned() },
            Fact::Column {
                table: todo.clone(),
                column: title,
                ty: TypeSnapshot::Text,
                range: Some(Range::new(1, 100)),
            },
            Fact::Variant { table: todo, column: state, variant: "Late".to_owned() },
        ]
    }

    #[test]
    fn as_text_they_stand_below_their_tables() {
        let text = as_text(&facts(), '+', Style::new());
        let expected = "  + table draft (local)
      + of     id of todo
      + state  enum New
    table todo
        state  + Late
      + title  text 1..=100
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }

    #[test]
    fn what_rows_may_lack_is_noted_once() {
        let code = r#"[{"name":"draft","columns":[{"name":"of","type":"text","required":true}]},
            {"name":"todo","columns":[{"name":"title","type":"text","required":true},
            {"name":"state","type":{"enum":["Late"]},"required":true}]}]"#;
        let code: Snapshot = serde_json::from_str(code).expect("a schema");
        let facts = code.facts();
        // No row of `draft` is anywhere yet.
        let new = facts.iter().filter(|fact| fact.table() != "todo" || fact.key().1.is_some());
        let text = as_text(
            new.map(|fact| Item::of_code(fact, &code, &Snapshot::default())),
            '+',
            Style::new(),
        );
        let expected = "  + table draft
      + of  text
    table todo
      + state  enum Late  required
      + title  text  required

required: `narrow_all` leaves out rows of older versions that show nothing in it
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }

    #[test]
    fn columns_that_got_wider_are_told_with_what_they_were() {
        let schema = |columns: &str| -> Snapshot {
            let json = format!(r#"[{{"name":"todo","columns":[{columns}]}}]"#);
            serde_json::from_str(&json).expect("a schema")
        };
        let released = schema(
            r#"{"name":"stars","type":"integer","range":"0..=255"},{"name":"note","type":"text"},
               {"name":"title","type":"text","range":"1..=10"}"#,
        );
        let code = schema(
            r#"{"name":"stars","type":"integer","range":".."},{"name":"note","type":"text","range":".."},
               {"name":"title","type":"text","range":"1..=1000"}"#,
        );
        let facts = code.facts();
        let of = |released: &Snapshot| {
            let columns = facts.iter().filter(|fact| fact.key().1.is_some());
            let items: Vec<_> = columns.map(|fact| Item::of_code(fact, &code, released)).collect();
            let text = as_text(items.iter().copied(), '+', Style::new());
            (anstream::adapter::strip_str(&text).to_string(), as_json(items))
        };
        let (text, json) = of(&released);
        let expected = "    table todo
        note   + text, had no range recorded
        stars  + integer, was integer 0..=255
        title  + text 1..=1000, was text 1..=10

wider: older versions of the app keep a value beyond their range, and do not see it
";
        assert_eq!(text, expected);
        let expected = json!([
            {"kind": "range", "table": "todo", "column": "note", "type": "text", "range": "..", "before": null},
            {"kind": "range", "table": "todo", "column": "stars", "type": "integer", "range": "..", "before": "0..=255"},
            {"kind": "range", "table": "todo", "column": "title", "type": "text", "range": "1..=1000", "before": "1..=10"},
        ]);
        assert_eq!(json, expected);

        // Nothing is wider that had no range, or was not there.
        let (text, _) = of(&schema(r#"{"name":"note","type":"text"}"#));
        assert!(text.contains("+ title  text 1..=1000\n") && !text.contains("wider"), "{text}");
    }

    #[test]
    fn keys_and_what_is_replaced_are_told() {
        let schema = |tables: &str| -> Snapshot { serde_json::from_str(tables).expect("a schema") };
        let released = schema(
            r#"[{"name":"todo","columns":[{"name":"note","type":"text"},{"name":"memo","type":"text"},
                {"name":"body","type":"json","replaces":{"columns":["note"],"revision":1}}]}]"#,
        );
        let code = schema(
            r#"[{"name":"kind","key":"name","columns":[{"name":"name","type":"text"}]},
                {"name":"todo","columns":[{"name":"note","type":"text"},{"name":"memo","type":"text"},
                {"name":"body","type":"json","replaces":{"columns":["memo","note"],"revision":3}},
                {"name":"kind_id","type":{"id":"kind"},"replaces":{"columns":["memo"],"revision":1,"by_key":true}}]}]"#,
        );
        let mut lock = ara_schema::Lock::default();
        lock.record(&released.facts(), "first", "2026-11-22");
        let new = lock.unrecorded(&code.facts());
        let items: Vec<_> = new.iter().map(|fact| Item::of_code(fact, &code, &released)).collect();
        let text = as_text(items.iter().copied(), '+', Style::new());
        let expected = "  + table kind, its key is `name`
      + name  text
    table todo
        body     + replaces `memo` and `note`, revision 3, was revision 1
      + kind_id  id of kind  replaces `memo` by key
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
        let lenses: Vec<_> = as_json(items).as_array().into_iter().flatten().cloned().collect();
        let lenses: Vec<_> = lenses.into_iter().filter(|fact| fact["kind"] == "lens").collect();
        let expected = [
            json!({"kind": "lens", "table": "todo", "column": "body", "replaces": ["memo", "note"],
                "by_key": false, "revision": 3, "before": 1}),
            json!({"kind": "lens", "table": "todo", "column": "kind_id", "replaces": ["memo"],
                "by_key": true, "revision": 1, "before": null}),
        ];
        assert_eq!(lenses, expected);
    }

    #[test]
    fn as_json_each_says_what_it_is() {
        let expected = json!([
            {"kind": "table", "table": "draft", "local": true, "key": null},
            {"kind": "column", "table": "draft", "column": "of", "type": {"id": "todo"}, "range": null, "required": null},
            {"kind": "column", "table": "draft", "column": "state", "type": "enum", "range": null, "required": null},
            {"kind": "variant", "table": "draft", "column": "state", "variant": "New"},
            {"kind": "column", "table": "todo", "column": "title", "type": "text", "range": "1..=100", "required": null},
            {"kind": "variant", "table": "todo", "column": "state", "variant": "Late"},
        ]);
        assert_eq!(as_json(&facts()), expected);
    }
}
