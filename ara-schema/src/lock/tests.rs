//! Locks that are read, recorded and merged.

mod edits;
mod lenses;
mod mixtures;
mod ranges;
mod shape;
mod superset;

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::seal::{seal_of_fact, seal_of_release};
use super::*;
use crate::range::Range;
use crate::snapshot::{Snapshot, TypeSnapshot};
use crate::ty::Type;

fn facts(schema: &str) -> BTreeSet<Fact> {
    serde_json::from_str::<Snapshot>(schema).expect("a schema").facts()
}

/// Returns the facts of a table `todo` with these columns.
fn todo(columns: &[(&str, &str)]) -> BTreeSet<Fact> {
    let columns = columns.iter().map(|(name, ty)| format!(r#"{{"name":"{name}","type":{ty}}}"#));
    facts(&format!(r#"[{{"name":"todo","columns":[{}]}}]"#, columns.collect::<Vec<_>>().join(",")))
}

fn recorded(mut lock: Lock, facts: &BTreeSet<Fact>) -> Lock {
    let message = format!("release {}", lock.version() + 1);
    lock.record(facts, &message, "2026-11-22").expect("something new");
    lock
}

fn parsed(text: &str) -> Lock {
    Lock::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Returns a lock with three releases one after the other, and with all kinds of lines.
fn linear() -> Lock {
    let first = facts(
        r#"[{"name":"category","key":"name","columns":[{"name":"name","type":"text"}]},
            {"name":"draft","local":true,"columns":[]},
            {"name":"todo","columns":[{"name":"title","type":"text"},
             {"name":"state","type":{"enum":["Done","Zu \"Ende\""]}}]}]"#,
    );
    let lens = |columns: &str, more: &str| {
        format!(r#","replaces":{{"columns":[{columns}],"revision":{more}}}"#)
    };
    let category = r#"{"id":"category"}"#.to_owned() + &lens(r#""title""#, r#"1,"by_key":true"#);
    let second = todo(&[("category_id", &category), ("due", r#""date""#)]);
    let due = r#""date""#.to_owned() + &lens(r#""title","category_id""#, "2");
    let third = todo(&[("state", r#"{"enum":["Later"]}"#), ("due", &due)]);
    recorded(recorded(recorded(Lock::default(), &first), &second), &third)
}

/// Returns what git makes of the locks of two branches: one with the lines of both.
fn united(ours: &Lock, theirs: &Lock) -> Lock {
    let mut both = ours.clone();
    both.places.clear();
    both.releases.extend(theirs.releases.iter().cloned());
    both.released.extend(theirs.released.iter().cloned());
    parsed(&both.to_string())
}

/// Returns a lock of two merged branches, both of which have released `todo.owner`, with a release after
/// the merge.
fn branched() -> Lock {
    let owner = ("owner", r#""text""#);
    let ours = recorded(linear(), &todo(&[owner, ("a", r#""text""#)]));
    let ours = recorded(ours, &todo(&[("b", r#""text""#)]));
    let theirs = recorded(linear(), &todo(&[owner, ("c", r#""text""#)]));
    recorded(united(&ours, &theirs), &todo(&[("d", r#""text""#)]))
}

/// Returns a lock of two merged branches that have released the same, one of them in two releases and the
/// other in one. The last releases of both have the same id.
fn of_one_id() -> Lock {
    let both = [("a", r#""text""#), ("b", r#""text""#)];
    let ours = recorded(recorded(linear(), &todo(&both[..1])), &todo(&both));
    united(&ours, &recorded(linear(), &todo(&both)))
}

#[test]
fn the_text_is_stable() {
    let mut lock = Lock::default();
    lock.record(
        &facts(
            r#"[{"name":"draft","local":true,"columns":[]},{"name":"todo","columns":[
                {"name":"state","type":{"enum":["Open","Zu \"Ende\""]}}]}]"#,
        ),
        "the \"first\"",
        "2026-11-22",
    );
    let second =
        [("category_id", r#"{"id":"category"}"#), ("title", r#""text","range":"1..=100""#)];
    lock.record(&todo(&second), "titles", "2026-12-01");
    lock.record(&todo(&[("title", r#""text","range":"..""#)]), "longer titles", "2026-12-02");
    assert_eq!(lock.to_string(), include_str!("tests/stable.lock"));
    assert_eq!(parsed(include_str!("tests/stable.lock")).to_string(), lock.to_string());
}

#[test]
fn a_lock_without_releases_is_one() {
    let lock = parsed(&Lock::default().to_string());
    assert_eq!((lock.version(), lock.facts().len(), lock.verify_all()), (0, 0, Ok(())));
}

#[test]
fn what_was_released_is_not_recorded_again() {
    let mut lock = linear();
    let text = lock.to_string();
    assert_eq!(lock.record(&todo(&[("title", r#""text""#)]), "nothing", "2026-11-22"), None);
    assert_eq!(lock.to_string(), text);
    let new = todo(&[("title", r#""text""#), ("owner", r#""text""#)]);
    let lines: Vec<_> = lock.unrecorded(&new).iter().map(Fact::to_string).collect();
    assert_eq!(lines, ["column todo.owner text"]);
}

#[test]
fn a_release_adds_what_its_branch_did_not_have() {
    let lock = branched();
    let additions: Vec<(u32, Vec<String>)> = lock
        .releases()
        .iter()
        .map(|release| {
            let added = lock.additions(release);
            (release.version, added.into_iter().map(|fact| fact.key().1.unwrap_or("-").to_owned()))
        })
        .map(|(version, added)| (version, added.collect()))
        .collect();
    assert_eq!(additions[2].1, ["due", "state"]);
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(additions[1], (2, columns(&["category_id", "category_id", "due"])));
    let mut of_branches = vec![additions[3].1.clone(), additions[4].1.clone()];
    of_branches.sort();
    assert_eq!(of_branches, [columns(&["a", "owner"]), columns(&["c", "owner"])]);
    assert_eq!(additions[6], (6, columns(&["d"])));
    assert_eq!(lock.releases()[6].after.len(), 2);
}

#[test]
fn releases_of_one_id_stand_for_each_other() {
    let mut lock = of_one_id();
    assert_eq!(lock.verify_all(), Ok(()));
    let last = lock.releases().last().expect("a release").id().to_owned();
    let mut additions: Vec<(u32, bool, Vec<&str>)> = Vec::new();
    for release in &lock.releases()[3..] {
        let added = lock.additions(release).into_iter().filter_map(|fact| fact.key().1);
        additions.push((release.version, release.id() == last, added.collect()));
    }
    additions.sort();
    let expected = [(4, false, vec!["a"]), (4, true, vec!["a", "b"]), (5, true, vec!["b"])];
    assert_eq!(additions, expected);

    let next = lock.record(&todo(&[("c", r#""text""#)]), "", "2026-11-22").expect("a release");
    assert_eq!((next.version, &next.after), (6, &vec![last]));
    assert_eq!(parsed(&lock.to_string()).verify_all(), Ok(()));
}

#[test]
fn a_release_joins_branches_that_were_merged() {
    let ours = recorded(linear(), &todo(&[("a", r#""text""#)]));
    let theirs = recorded(linear(), &todo(&[("b", r#""text""#)]));
    let mut lock = united(&ours, &theirs);
    let merged = lock.clone();
    // A release joins them whether or not the code has everything that was released.
    let join = lock.record(&BTreeSet::new(), "merge", "2026-11-22").expect("a release").clone();
    assert_eq!((join.version, join.after.len()), (5, 2));
    assert_eq!(join.checksum, checksum(&lock.facts()));
    assert_eq!(lock.additions(&join), Vec::<&Fact>::new());
    let before: Vec<_> = lock.before(&join).map(|release| release.version).collect();
    assert_eq!(before, [4, 4]);

    let read = parsed(&lock.to_string());
    assert_eq!((read.verify_all(), read.facts()), (Ok(()), merged.facts()));
    assert_eq!(read.check_superset_of(&merged), Ok(()));
    assert_eq!(lock.record(&merged.facts(), "again", "2026-11-22"), None);

    // Two branches may both record the join, with different messages.
    let mut other = merged;
    other.record(&BTreeSet::new(), "merge main", "2026-11-23").expect("a release");
    let mut both = united(&lock, &other);
    assert_eq!((both.version(), both.verify_all()), (5, Ok(())));
    assert_eq!(both.record(&BTreeSet::new(), "again", "2026-11-24"), None);
}

/// Their common facts have a release already, so a join would have its id.
#[test]
fn a_branch_that_had_all_of_the_other_needs_no_join() {
    let both = [("a", r#""text""#), ("b", r#""text""#)];
    let ours = recorded(linear(), &todo(&both[..1]));
    let mut lock = united(&ours, &recorded(linear(), &todo(&both)));
    assert_eq!(lock.record(&todo(&both), "merge", "2026-11-22"), None);
    let next = lock.record(&todo(&[("c", r#""text""#)]), "", "2026-11-22").expect("a release");
    assert_eq!(next.after.len(), 2);
    assert_eq!(parsed(&lock.to_string()).verify_all(), Ok(()));
}

/// A large app is taken to have 20 tables of 12 columns, in 30 releases.
#[test]
fn a_large_lock_is_read_fast() {
    let mut lock = Lock::default();
    let mut facts = BTreeSet::new();
    for at in 0..240 {
        let table = format!("table_{}", at % 20);
        facts.insert(Fact::Table { table: table.clone(), local: false, key: None });
        let column = format!("some_column_{}", at / 20);
        facts.insert(Fact::Column { table, column, ty: TypeSnapshot::Text, range: None });
        if at % 8 == 7 {
            lock.record(&facts, "what this release brings to its users", "2026-11-22");
        }
    }
    assert_eq!((lock.version(), lock.facts().len()), (30, 260));
    let text = lock.to_string();
    let fastest = |work: &dyn Fn()| {
        let times = (0..20).map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        });
        times.min().unwrap_or_default()
    };
    let parse = fastest(&|| drop(std::hint::black_box(Lock::parse(&text))));
    let verify = fastest(&|| drop(std::hint::black_box(lock.verify_all())));
    println!("{} bytes: parse in {parse:?}, verify all in {verify:?}", text.len());
    // A macro reads the lock in every build, and is not optimised. On a common machine that takes 3 ms.
    assert!(parse < Duration::from_millis(60), "{parse:?}");
}

/// Generates a schema of a few names, so that many releases have something in common. A name always has
/// the same type, but not always the same range.
fn some_facts() -> impl Strategy<Value = BTreeSet<Fact>> {
    let column = (0..Type::PLAIN.len() + 3, "[a-c]{0,2}");
    prop::collection::vec(("[a-d]", prop::collection::vec(column, 0..4)), 1..4).prop_map(|tables| {
        let mut facts = BTreeSet::new();
        for (table, columns) in tables {
            facts.insert(Fact::Table { local: table == "b", key: None, table: table.clone() });
            for (at, name) in columns {
                let ty = match Type::PLAIN.get(at) {
                    Some(plain) => TypeSnapshot::from(*plain),
                    None if at == Type::PLAIN.len() => TypeSnapshot::Id("b".to_owned()),
                    None if at == Type::PLAIN.len() + 1 => TypeSnapshot::Versioned(Vec::new()),
                    None => TypeSnapshot::Enum(Vec::new()),
                };
                let column = format!("c{at}");
                let range = name.bytes().next().and_then(|first| {
                    let range = Range::new(-i64::try_from(name.len()).ok()?, first.into());
                    range.of_column(*Type::PLAIN.get(at)?)
                });
                // Of one revision, a lens is the same in all schemas.
                if let (Some(revision), false) = (name.len().try_into().ok(), name.is_empty()) {
                    let replaces = vec![column.clone()];
                    let (table, column, by_key) = (table.clone(), column.clone(), revision == 2);
                    facts.insert(Fact::Lens { table, column, revision, replaces, by_key });
                }
                if ty.variants().is_some() && !name.is_empty() {
                    let (table, column) = (table.clone(), column.clone());
                    facts.insert(Fact::Variant { table, column, variant: name });
                }
                facts.insert(Fact::Column { table: table.clone(), column, ty, range });
            }
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_read_as_it_was_written(
        steps in prop::collection::vec((0..3_usize, 0..6_usize, some_facts(), any::<String>()), 0..12)
    ) {
        let mut branches = [Lock::default(), Lock::default(), Lock::default()];
        for (at, other, facts, message) in steps {
            let before = branches[at].clone();
            if let Some(other) = branches.get(other) {
                branches[at] = united(&branches[at], other);
            } else {
                let new = branches[at].unrecorded(&facts).len();
                let version = before.version() + 1;
                let branched = History::of(&before.releases).heads().count() > 1;
                let all = checksum(&before.facts());
                let joins = branched && before.releases.iter().all(|old| old.checksum != all);
                let release = branches[at].record(&facts, &message, "2028-02-29").cloned();
                prop_assert_eq!(release.is_some(), new > 0 || joins);
                if let Some(release) = release {
                    prop_assert_eq!(release.version, version);
                    let lock = &branches[at];
                    let added = lock.additions(&release).len() + lock.renewals(&release).len();
                    prop_assert_eq!(added, new);
                }
                prop_assert!(branches[at].unrecorded(&facts).is_empty());
            }
            let read = parsed(&branches[at].to_string());
            prop_assert_eq!(read.verify_all(), Ok(()));
            prop_assert_eq!(read.to_string(), branches[at].to_string());
            prop_assert_eq!(read.facts(), branches[at].facts());
            let schema = read.schema().facts();
            prop_assert_eq!(Snapshot::of_facts(&schema), read.schema());
            prop_assert!(read.unrecorded(&schema).is_empty());
            prop_assert_eq!(read.check_superset_of(&before), Ok(()));
        }
    }
}
