//! Random writes and searches of small texts, against a plain model.

use std::collections::BTreeMap;

use ara::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::search::{Todo, found};
use support::cases::scaled;
use support::{File, Outcome, verified};

#[derive(Debug, Clone)]
enum Step {
    Create(String),
    Update(usize, String),
    Delete(usize),
    Restore(usize),
    /// By another program.
    Tamper(usize, String),
    Search(String),
    /// Steps of one transaction, and whether it is committed.
    Transaction(Vec<Step>, bool),
}

/// A text of few words, so that they meet.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["a", "ab", "abc", "b", "Ba", "bé", "c-a"]);
    prop::collection::vec(word, 1..5).prop_map(|words| words.join(" "))
}

fn searched() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a", "AB", "a*", "be", "b*", "-a", "-b*", "\"a b\"", "\"ab\"*", "c", "c-a", "\"", "*", "😀",
    ]);
    prop::collection::vec(word, 1..4).prop_map(|words| words.join(" "))
}

fn step() -> impl Strategy<Value = Step> {
    let one = prop_oneof![
        3 => text().prop_map(Step::Create),
        2 => (0..8_usize, text()).prop_map(|(at, text)| Step::Update(at, text)),
        1 => (0..8_usize).prop_map(Step::Delete),
        1 => (0..8_usize).prop_map(Step::Restore),
        4 => searched().prop_map(Step::Search),
    ];
    prop_oneof![
        6 => one.clone(),
        1 => (0..8_usize, text()).prop_map(|(at, text)| Step::Tamper(at, text)),
        2 => (prop::collection::vec(one, 1..6), any::<bool>())
            .prop_map(|(steps, kept)| Step::Transaction(steps, kept)),
    ]
}

/// What there is: the rows in the order of their making, and whether each is deleted.
type Model = Vec<(Id<Todo>, String, bool)>;

fn words(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace('é', "e");
    plain
        .split(|c: char| !c.is_alphanumeric() && c != '😀')
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of an item, whether the last is a beginning, and whether it must not be there.
fn items(searched: &str) -> Vec<(Vec<String>, bool, bool)> {
    let mut items = Vec::new();
    let mut rest = searched.trim_start();
    while !rest.is_empty() {
        let negated = rest.starts_with('-');
        rest = rest.strip_prefix('-').unwrap_or(rest);
        let (item, after) = match rest.strip_prefix('"') {
            Some(rest) => match rest.split_once('"') {
                Some((item, after)) => {
                    let stars = after.len() - after.trim_start_matches('*').len();
                    (format!("{item}{}", &after[..stars]), &after[stars..])
                }
                None => (rest.trim_end_matches('*').to_owned(), ""),
            },
            None => {
                let end = rest.find([' ', '"']).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        let words = words(&item);
        if !words.is_empty() {
            items.push((words, item.ends_with('*'), negated));
        }
        rest = after.trim_start();
    }
    items
}

fn matches(text: &str, searched: &str) -> bool {
    let text = words(text);
    let items = items(searched);
    let has = |phrase: &[String], prefix: bool| {
        text.windows(phrase.len()).any(|at| {
            at.iter().zip(phrase).enumerate().all(|(n, (word, wanted))| {
                word == wanted || (prefix && n + 1 == phrase.len() && word.starts_with(wanted))
            })
        })
    };
    items.iter().any(|(_, _, negated)| !negated)
        && items.iter().all(|(phrase, prefix, negated)| has(phrase, *prefix) != *negated)
}

fn check(source: &impl Queries, model: &Model, searched: &str) -> Outcome {
    let alive = model.iter().filter(|(_, _, is_deleted)| !is_deleted);
    let mut expected: Vec<_> = alive
        .filter(|(_, text, _)| matches(text, searched))
        .map(|(_, text, _)| text.clone())
        .collect();
    expected.sort();
    let found = found(source, searched)?;
    if found == expected {
        return Ok(());
    }
    Err(format!("{searched}: {found:?} and not {expected:?}").into())
}

macro_rules! apply {
    ($source:expr, $model:expr, $step:expr) => {{
        let (source, model) = ($source, $model);
        match $step {
            Step::Create(text) => {
                model.push((
                    source.create(Todo::draft().title(text.clone()))?,
                    text.clone(),
                    false,
                ));
            }
            Step::Update(at, text) => {
                if let Some((id, title, is_deleted)) = model.get_mut(*at) {
                    source.update(Todo::patch(*id).title(text.clone()))?;
                    if !*is_deleted {
                        *title = text.clone();
                    }
                }
            }
            Step::Delete(at) => {
                if let Some((id, _, is_deleted)) = model.get_mut(*at) {
                    source.delete(*id)?;
                    *is_deleted = true;
                }
            }
            Step::Restore(at) => {
                if let Some((id, _, is_deleted)) = model.get_mut(*at) {
                    source.restore(*id)?;
                    *is_deleted = false;
                }
            }
            Step::Search(searched) => check(source, model, searched)?,
            Step::Tamper(..) | Step::Transaction(..) => {}
        }
    }};
}

fn run(steps: &[Step]) -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<Todo>()?;
    let mut model = Model::new();
    let mut tampered = BTreeMap::new();
    for step in steps {
        match step {
            Step::Tamper(at, text) => {
                if let Some((id, title, _)) = model.get_mut(*at) {
                    let sql = "UPDATE todo SET title = ?2 WHERE id = ?1";
                    file.sqlite()?.execute(sql, (id.uuid().into_bytes(), text))?;
                    *title = text.clone();
                    tampered.insert(*at, ());
                }
            }
            Step::Transaction(steps, kept) => {
                let mut then = model.clone();
                let result: Outcome = db.try_transaction(|tx| {
                    for step in steps {
                        apply!(tx, &mut then, step);
                    }
                    if *kept { Ok(()) } else { Err("rolled back".into()) }
                });
                match result {
                    Ok(()) => model = then,
                    Err(error) if !kept && error.to_string() == "rolled back" => {}
                    Err(error) => return Err(error),
                }
            }
            step => apply!(&db, &mut model, step),
        }
    }
    for searched in ["a", "a*", "b* -a", "\"a b\"", "c"] {
        check(&db, &model, searched)?;
    }
    if tampered.is_empty() {
        verified(&db)?;
    }
    assert!(db.schema_drift()?.is_empty());
    Ok(())
}

#[test]
fn it_finds_what_a_plain_model_finds() {
    let mut runner = TestRunner::new(Config {
        cases: scaled(50),
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&prop::collection::vec(step(), 1..25), |steps| {
        run(&steps).map_err(|error| TestCaseError::fail(error.to_string()))
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
