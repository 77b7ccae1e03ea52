//! The page on what may change, held against the comparison of schemas.

mod support;

use ara_schema::{
    Fact, Snapshot, TableDef, Type, TypeSnapshot, UNRELEASED, Violation, Violations, find_table,
    lacks_a_table, place_of_refusal, plainly_keeps,
};
use support::schema;

const PAGE: &str = include_str!("../schema-changes.md");

/// A row of the page.
struct Change {
    topic: &'static str,
    name: &'static str,
    released: Snapshot,
    now: Snapshot,
    verdict: &'static str,
}

fn changes() -> Vec<Change> {
    let mut topic = "";
    let mut changes = Vec::new();
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            topic = heading;
        }
        let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let cells: Vec<&str> = row.split(" | ").collect();
        let [name, released, now, verdict] = cells[..] else {
            panic!("a row has four cells: {line}");
        };
        if name == "change" {
            continue;
        }
        let code = |cell: &'static str| {
            let code = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
            schema(code.unwrap_or_else(|| panic!("`{cell}` is no code")))
        };
        changes.push(Change { topic, name, released: code(released), now: code(now), verdict });
    }
    changes
}

/// What the compiler says of a schema: first `schema!` of its tables, then the derive of each table.
fn verdict(released: &Snapshot, now: &Snapshot) -> String {
    let (released, now) = (released.clone().leak(), now.clone().leak());
    let by_name: Vec<&'static TableDef> = now.iter().collect();
    let mut faults = Vec::new();
    for table in released {
        if find_table(now, table.name).is_none() {
            faults.push(format!("table `{}` is gone", table.name));
        }
    }
    assert_eq!(lacks_a_table(released, &by_name), !faults.is_empty());
    let kept = released.iter().filter_map(|table| Some((table, find_table(now, table.name)?)));
    let is_new = |table: &&TableDef| find_table(released, table.name).is_none();
    let new = now.iter().filter(is_new).map(|now| (&UNRELEASED, now));
    for (table, now) in kept.chain(new) {
        let of_table = of_table(table, now);
        assert_eq!(place_of_refusal(table, now).is_some(), !of_table.is_empty());
        let mut sorted: Vec<_> = (0..now.columns.len()).collect();
        sorted.sort_by_key(|at| now.columns[*at].name);
        // It may fail to see that nothing is broken, but the lock is sorted.
        let is_sorted = table.columns.is_sorted_by_key(|column| column.name);
        let keeps = plainly_keeps(table, now, &sorted);
        assert!(keeps == of_table.is_empty() || !(keeps || is_sorted));
        faults.extend(of_table);
    }
    if faults.is_empty() { "allowed".to_owned() } else { format!("refused: {}", faults.join("; ")) }
}

fn of_table(released: &'static TableDef, now: &'static TableDef) -> Vec<String> {
    let table = now.name;
    let mut violations = Violations::new(released, now);
    let mut faults = Vec::new();
    while let Some(violation) = violations.next() {
        faults.push(match violation {
            Violation::Local => format!("`local` of `{table}` has changed"),
            Violation::Key => format!("key of `{table}` has changed"),
            Violation::ColumnGone { column } => format!("column `{table}.{}` is gone", column.name),
            Violation::TypeChanged { column, .. } => {
                format!("type of `{table}.{}` has changed", column.name)
            }
            Violation::Narrower { column, .. } => format!("`{table}.{}` is narrower", column.name),
            Violation::VariantGone { now, variant, .. } => {
                format!("variant `{variant}` of `{table}.{}` is gone", now.name)
            }
            Violation::LensGone { now, .. } => format!("`{table}.{}` replaces nothing", now.name),
            Violation::LensChanged { now, .. } => {
                format!("`{table}.{}` replaces others in one revision", now.name)
            }
            Violation::LensWider { now, .. } => {
                format!("`{table}.{}` is wider in one revision", now.name)
            }
            Violation::LensOlder { now, .. } => {
                format!("revision of `{table}.{}` is lower", now.name)
            }
            Violation::RetiredUnreleased { now } => {
                format!("`{table}.{}` is retired and was never released", now.name)
            }
        });
    }
    faults
}

#[test]
fn every_verdict_of_the_page_is_that_of_the_compiler() {
    let changes = changes();
    assert!(changes.len() >= 40, "{} rows", changes.len());
    for Change { topic, name, released, now, verdict: expected } in &changes {
        assert_eq!(verdict(released, now), *expected, "{topic}: {name}");
    }
}

#[test]
fn every_topic_and_every_verdict_has_rows() {
    let changes = changes();
    for topic in [
        "Tables",
        "Columns",
        "Types",
        "Ranges",
        "References",
        "Enums",
        "Indexes",
        "Requiredness",
        "Local tables",
        "Keys",
        "Replaced columns",
        "Combinations",
    ] {
        assert!(changes.iter().filter(|change| change.topic == topic).count() >= 4, "{topic}");
    }
    for part in [
        "allowed",
        "table `",
        "column `",
        "type of",
        "is narrower",
        "variant `",
        "`local`",
        "key of",
        "replaces nothing",
        "replaces others",
        "revision of",
        "is retired",
    ] {
        assert!(changes.iter().any(|change| change.verdict.contains(part)), "{part}");
    }
}

/// Whether a fact of a newer schema keeps one that was released.
fn keeps(now: &Fact, released: &Fact) -> bool {
    match (now, released) {
        (
            Fact::Column { ty, range, .. },
            Fact::Column { ty: released_ty, range: released_range, .. },
        ) => {
            let has =
                |value: i64| range.is_none_or(|range| range.min <= value && value <= range.max);
            now.key() == released.key()
                && ty == released_ty
                && released_range.is_none_or(|range| has(range.min) && has(range.max))
        }
        (Fact::Lens { revision, .. }, Fact::Lens { revision: released_revision, .. })
            if now.key() == released.key() =>
        {
            revision > released_revision || now == released
        }
        _ => now == released,
    }
}

/// What may change is what no fact is about, ranges may get wider, and revisions rise: so the lock, which holds
/// facts, is enough to compare with.
#[test]
fn what_is_allowed_takes_no_fact_away() {
    for Change { topic, name, released, now, verdict: expected } in changes() {
        let facts = now.facts();
        let grows = released.facts().iter().all(|fact| facts.iter().any(|now| keeps(now, fact)));
        // That only what was released can be retired is no fact, nor that a wider type is another revision.
        let is_kept = |verdict: &str| {
            let faults = verdict.strip_prefix("refused: ").unwrap_or_default();
            let mut faults = faults.split("; ").filter(|fault| !fault.is_empty());
            faults.all(|fault| {
                fault.ends_with("is retired and was never released")
                    || fault.ends_with("is wider in one revision")
            })
        };
        assert_eq!(grows, is_kept(expected), "{topic}: {name}");
        let locked = Snapshot::of_facts(&released.facts());
        assert_eq!(is_kept(&verdict(&locked, &now)), grows, "{topic}: {name}");
    }
}

#[test]
fn no_type_takes_the_place_of_another() {
    let names = [
        TypeSnapshot::Id("todo".to_owned()),
        TypeSnapshot::Id("category".to_owned()),
        TypeSnapshot::Enum(vec!["Open".to_owned()]),
    ];
    let types: Vec<TypeSnapshot> =
        Type::PLAIN.into_iter().map(TypeSnapshot::from).chain(names).collect();
    for released in &types {
        for now in &types {
            let of = |ty: &TypeSnapshot| {
                let mut schema = schema("todo: due text");
                schema.tables[0].columns[0].ty = ty.clone();
                schema
            };
            let expected =
                if released == now { "allowed" } else { "refused: type of `todo.due` has changed" };
            assert_eq!(verdict(&of(released), &of(now)), expected, "{released:?} to {now:?}");
        }
    }
}
