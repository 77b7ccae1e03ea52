//! The schema of the code against what was released.

use std::collections::BTreeSet;

use ara_schema::{
    Fact, FactKey, Snapshot, TableDef, Text, Violations, find_table, lacks_a_table,
    write_lacking_tables, write_refusal,
};
use serde_json::{Value, json};

use crate::emitted::Emitted;
use crate::facts::{self, Item};
use crate::style::{ADDED, BAD, Styled};

/// How the code differs from what was released.
#[derive(Debug)]
pub struct Comparison {
    /// What the code has that was not released.
    pub unrecorded: Vec<Fact>,
    /// What was released and has changed, or is gone.
    pub broken: Vec<Broken>,
    code: Snapshot,
}

/// What the code breaks.
#[derive(Debug)]
pub struct Broken {
    /// The stored names of the tables it is about.
    pub tables: Vec<String>,
    /// What the compiler says of it.
    pub message: String,
}

impl Broken {
    pub fn as_json(&self) -> Value {
        let Self { tables, message } = self;
        json!({"tables": tables, "message": message})
    }
}

impl Comparison {
    pub fn new(released: &BTreeSet<Fact>, code: &Emitted) -> Self {
        let (unrecorded, broken) = (unrecorded(released, code), broken(released, code));
        Self { unrecorded, broken, code: code.tables.clone() }
    }

    /// Whether the code is just what was released.
    pub fn is_same(&self) -> bool {
        self.unrecorded.is_empty() && self.broken.is_empty()
    }

    pub fn broken_as_json(&self) -> Value {
        self.broken.iter().map(Broken::as_json).collect()
    }

    pub fn broken_as_text(&self) -> String {
        let refusal = Styled(BAD, "refused");
        self.broken.iter().map(|broken| format!("{refusal}: {}\n\n", broken.message)).collect()
    }

    pub fn unrecorded_as_json(&self) -> Value {
        facts::as_json(self.items())
    }

    pub fn unrecorded_as_text(&self) -> String {
        facts::as_text(self.items(), '+', ADDED)
    }

    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.unrecorded.iter().map(|fact| Item::of_code(fact, &self.code))
    }
}

fn unrecorded(released: &BTreeSet<Fact>, code: &Emitted) -> Vec<Fact> {
    // What is stored in another way is broken, and not new.
    let known: BTreeSet<FactKey<'_>> = released.iter().map(Fact::key).collect();
    code.tables.facts().into_iter().filter(|fact| !known.contains(&fact.key())).collect()
}

fn broken(released: &BTreeSet<Fact>, code: &Emitted) -> Vec<Broken> {
    let released = Snapshot::of_facts(released).leak();
    let now: Vec<&'static TableDef> = code.tables.clone().leak().iter().collect();
    let mut broken = Vec::new();
    if lacks_a_table(released, &now) {
        let gone = released.iter().filter(|table| now.iter().all(|now| now.name != table.name));
        let tables = gone.map(|table| table.name.to_owned()).collect();
        let message = composed(|text| write_lacking_tables(text, &code.name, released, &now));
        broken.push(Broken { tables, message });
    }
    for now in now {
        if let Some(released) = find_table(released, now.name)
            && Violations::new(released, now).next().is_some()
        {
            let tables = vec![now.name.to_owned()];
            let message = composed(|text| write_refusal(text, released, now));
            broken.push(Broken { tables, message });
        }
    }
    broken
}

/// Text that is composed twice: first to learn how long it is.
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
        Emitted { name: "App".to_owned(), tables: serde_json::from_str(json).expect("a schema") }
    }

    #[test]
    fn what_is_new_is_told_apart_from_what_is_broken() {
        let released = schema(
            r#"[{"name":"todo","columns":[{"name":"title","type":"text"},{"name":"stars","type":"integer"}]},
                {"name":"gone","columns":[]}]"#,
        );
        let released = released.tables.facts();
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
        assert!(Comparison::new(&code.tables.facts(), &code).is_same());
    }
}
