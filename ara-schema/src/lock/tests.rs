//! Locks as users and git may leave them.

use super::*;
use crate::Snapshot;

pub(super) fn code(json: &str) -> BTreeSet<Fact> {
    serde_json::from_str::<Snapshot>(json).expect("a schema").facts()
}

#[test]
fn the_text_is_stable() {
    let mut lock = Lock::default();
    lock.record(
        &code(
            r#"[{"name":"todo","columns":[{"name":"title","type":"text"},
            {"name":"state","type":{"enum":["Open","Zu \"Ende\""]}}]},
            {"name":"draft","local":true,"columns":[]}]"#,
        ),
        "first \"release\"",
        "2026-11-22",
    );
    lock.record(
        &code(
            r#"[{"name":"todo","columns":[
            {"name":"category_id","type":{"id":"category"}}]}]"#,
        ),
        "",
        "2026-12-01",
    );
    println!("{lock}");
    assert_eq!(Lock::parse(&lock.to_string()).expect("a lock").to_string(), lock.to_string());
    assert_eq!(Lock::parse(&Lock::default().to_string()).expect("a lock").version(), 0);
}

/// 20 tables of 12 columns in 30 releases: what a large app has.
fn large() -> Lock {
    let columns: Vec<(usize, usize)> =
        (0..12).flat_map(|column| (0..20).map(move |table| (table, column))).collect();
    let mut lock = Lock::default();
    let mut facts = BTreeSet::new();
    for release in columns.chunks(8) {
        for (table, column) in release {
            let table = format!("a_table_{table}");
            facts.insert(Fact::Table { table: table.clone(), local: false });
            let column = format!("some_column_{column}");
            facts.insert(Fact::Column { table, column, ty: crate::TypeSnapshot::Text });
        }
        lock.record(&facts, "what this release brings to its users", "2026-11-22");
    }
    lock
}

#[test]
fn a_large_lock_is_read_fast() {
    let lock = large();
    let text = lock.to_string();
    assert_eq!((lock.version(), lock.facts().len()), (30, 260));
    let fastest = (0..20).map(|_| {
        let started = std::time::Instant::now();
        let _ = std::hint::black_box(Lock::parse(&text).expect("a lock"));
        started.elapsed()
    });
    let fastest = fastest.min().expect("a run");
    println!("{} bytes in {fastest:?}", text.len());
}
