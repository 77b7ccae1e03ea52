//! The comparison of the code with what was released.

use ara_schema::{
    Fact, Lock, Snapshot, TableDef, Text, UNRELEASED, Violations, find_table, lacks_a_table,
    write_lacking_tables, write_refusal,
};
use serde_json::{Value, json};

use crate::cargo::emitted::Emitted;
use crate::output::facts::{self, Item};
use crate::output::style::{ADDED, BAD, Styled};

/// The differences between the code and what was released.
#[derive(Debug)]
pub struct Comparison {
    /// What the code has and no release has.
    pub unrecorded: Vec<Fact>,
    /// What the code breaks of what was released.
    pub broken: Vec<Broken>,
    code: Snapshot,
    released: Snapshot,
}

/// Something that the code breaks.
#[derive(Debug)]
pub struct Broken {
    /// The stored names of its tables.
    pub tables: Vec<String>,
    /// The message that the compiler shows.
    pub message: String,
}

impl Broken {
    /// Returns what is broken, for `--json`.
    pub fn as_json(&self) -> Value {
        let Self { tables, message } = self;
        json!({"tables": tables, "message": message})
    }
}

impl Comparison {
    /// Compares the code with what was released.
    pub fn new(lock: &Lock, code: &Emitted) -> Self {
        let (released, code_facts) = (lock.schema(), code.tables.facts());
        Self {
            unrecorded: lock.unrecorded(&code_facts),
            broken: broken(released.clone(), code),
            code: code.tables.clone(),
            released,
        }
    }

    /// Returns whether there are no differences.
    pub fn is_same(&self) -> bool {
        self.unrecorded.is_empty() && self.broken.is_empty()
    }

    /// Returns what is broken, for `--json`.
    pub fn broken_as_json(&self) -> Value {
        self.broken.iter().map(Broken::as_json).collect()
    }

    /// Returns the messages about what is broken.
    pub fn broken_as_text(&self) -> String {
        let refusal = Styled(BAD, "refused");
        self.broken.iter().map(|broken| format!("{refusal}: {}\n\n", broken.message)).collect()
    }

    /// Returns what is not recorded, for `--json`.
    pub fn unrecorded_as_json(&self) -> Value {
        facts::as_json(self.items())
    }

    /// Returns a list of what is not recorded.
    pub fn unrecorded_as_text(&self) -> String {
        facts::as_text(self.items(), '+', ADDED)
    }

    /// Returns which columns of the code are retired, for `--json`.
    pub fn retired_as_json(&self) -> Value {
        self.retired().map(|(table, column)| json!({"table": table, "column": column})).collect()
    }

    /// Returns in a line which columns of the code are retired, if any are. That is no part of a release, and so
    /// never a difference.
    pub fn retired_as_text(&self) -> String {
        let columns: Vec<_> =
            self.retired().map(|(table, column)| format!("`{table}.{column}`")).collect();
        match &columns[..] {
            [] => String::new(),
            [column] => format!("{column} is retired\n"),
            columns => format!("{} are retired\n", columns.join(", ")),
        }
    }

    fn retired(&self) -> impl Iterator<Item = (&str, &str)> {
        self.code.tables.iter().flat_map(|table| {
            let retired = table.columns.iter().filter(|column| column.retired);
            retired.map(|column| (&*table.name, &*column.name))
        })
    }

    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.unrecorded.iter().map(|fact| Item::of_code(fact, &self.code, &self.released))
    }
}

fn broken(released: Snapshot, code: &Emitted) -> Vec<Broken> {
    let released = released.leak();
    let now: Vec<&'static TableDef> = code.tables.clone().leak().iter().collect();
    let mut broken = Vec::new();
    if lacks_a_table(released, &now) {
        let gone = released.iter().filter(|table| now.iter().all(|now| now.name != table.name));
        let tables = gone.map(|table| table.name.to_owned()).collect();
        let message = composed(|text| write_lacking_tables(text, &code.name, released, &now));
        broken.push(Broken { tables, message });
    }
    for now in now {
        let released = find_table(released, now.name).unwrap_or(&UNRELEASED);
        if Violations::new(released, now).next().is_some() {
            let tables = vec![now.name.to_owned()];
            let message = composed(|text| write_refusal(text, released, now));
            broken.push(Broken { tables, message });
        }
    }
    broken
}

/// Returns a text that is composed twice: first for its length, and then in a buffer of that length.
fn composed(write: impl Fn(&mut Text<'_>)) -> String {
    let mut counted = Text::new(&mut []);
    write(&mut counted);
    let mut bytes = vec![0; counted.length()];
    let mut text = Text::new(&mut bytes);
    write(&mut text);
    text.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(json: &str) -> Emitted {
        let tables = serde_json::from_str(json).expect("a schema");
        Emitted { name: "App".to_owned(), tables, roots: vec![] }
    }

    fn lock(released: &Emitted) -> Lock {
        let mut lock = Lock::default();
        lock.record(&released.tables.facts(), "first release", "2026-11-22");
        lock
    }

    #[test]
    fn what_is_wider_is_new_and_what_is_narrower_is_broken() {
        let of = |range: &str| {
            let column = format!(r#"{{"name":"stars","type":"integer","range":"{range}"}}"#);
            schema(&format!(r#"[{{"name":"todo","columns":[{column}]}}]"#))
        };
        let released = lock(&of("0..=255"));
        let wider = Comparison::new(&released, &of(".."));
        assert_eq!((wider.unrecorded.len(), wider.broken.len()), (1, 0));
        let narrower = Comparison::new(&released, &of("0..=9"));
        assert_eq!((narrower.unrecorded.len(), narrower.broken.len()), (0, 1));
        assert!(!narrower.is_same() && Comparison::new(&released, &of("0..=255")).is_same());
    }

    #[test]
    fn what_is_new_is_told_apart_from_what_is_broken() {
        let released = schema(
            r#"[{"name":"todo","columns":[{"name":"title","type":"text"},{"name":"stars","type":"integer"}]},
                {"name":"gone","columns":[]}]"#,
        );
        let released = lock(&released);
        let code = schema(
            r#"[{"name":"todo","columns":[{"name":"title","type":"json"},{"name":"stars","type":"integer"},
                {"name":"due","type":"date"}]}]"#,
        );
        let comparison = Comparison::new(&released, &code);
        let lines: Vec<_> = comparison.unrecorded.iter().map(Fact::to_string).collect();
        assert_eq!(lines, ["column todo.due date"]);
        let [gone, todo] = &comparison.broken[..] else { panic!("{:?}", comparison.broken) };
        assert_eq!(gone.tables, ["gone"]);
        assert!(gone.message.starts_with("table `gone` was released, and schema `App` does not"));
        assert_eq!(todo.tables, ["todo"]);
        assert!(todo.message.starts_with("column `todo.title` was released as text, and is json"));
        assert!(!comparison.is_same());
        assert!(Comparison::new(&lock(&code), &code).is_same());
    }
}
