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
