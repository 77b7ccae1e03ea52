//! Changes that can be read, merged: whatever they say, the tables are what the log is then, and the
//! database goes on.
#![no_main]

use ara::Changes;
use ara::prelude::*;
use ara_fuzz::record;
use libfuzzer_sys::fuzz_target;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
    stars: Option<f64>,
}

fuzz_target!(|payload: &[u8]| {
    if let Ok(changes) = Changes::from_bytes(&record(b'c', payload)) {
        merge(&changes).expect("a merge refuses, and does not fail");
    }
});

fn merge(changes: &Changes) -> ara::Result<()> {
    let db = Database::options().seed(1).memory()?;
    let id = db.create(Todo::draft().title("Mine"))?;
    db.merge(changes)?;
    let found = db.verify()?;
    assert!(found.holds(), "{:?}", found.differences);
    db.merge(changes)?;
    db.update(Todo::patch(id).done(true))?;
    let other = Database::options().seed(2).memory()?;
    for changes in db.changes_since(&other.version_vector()?)? {
        other.merge(&changes?)?;
    }
    assert!(other.verify()?.holds());
    assert_eq!(other.version_vector()?, db.version_vector()?, "it is all passed on");
    Ok(())
}
