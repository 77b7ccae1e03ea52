//! Every synced table is the fold of the log, and `verify` finds where it is not.

use ara::What;
use ara::prelude::*;

use crate::rules::{Todo, send};
use support::{File, Outcome, verified};

#[test]
fn what_came_by_merge_is_held_against_the_log() -> Outcome {
    let (phone, file) = (Database::memory()?, File::new()?);
    let milk = phone.create(Todo::draft().title("Buy milk").stars(1))?;
    let db = file.open()?;
    send(&phone, &db)?;
    phone.update(Todo::patch(milk).stars(2))?;
    send(&phone, &db)?;
    verified(&db)?;
    for (sql, what) in [
        ("UPDATE todo SET stars = 3", What::Value),
        ("UPDATE todo SET created_at = created_at - 1", What::Value),
        ("UPDATE ara_node SET digest = digest + 1 WHERE last > 0", What::Digest),
        ("DELETE FROM todo", What::MissingRow),
    ] {
        file.tamper(sql)?;
        let found = db.verify()?;
        assert!(found.differences.iter().any(|one| one.what == what), "{sql}: {found:?}");
    }
    Ok(())
}
