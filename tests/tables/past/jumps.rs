//! What was there at a time, by clocks that jump.

use ara::prelude::*;
use ara::{Stored, Timestamp};
use proptest::prelude::*;

use crate::past::Todo;
use crate::past::random::{Writes, write, writes};
use support::{Outcome, Wall, cases, send};

/// A row: whether it is deleted, its title and its stars.
type Row = (Id<Todo>, bool, Option<String>, Option<i64>);

fn rows(db: &impl Queries) -> Outcome<Vec<Row>> {
    let deleted = db.query::<Todo>().only_deleted().all()?;
    let all = db.query::<Todo>().with_deleted().order_by(Todo::id).all()?;
    let row =
        |row: crate::past::TodoRow| (row.id, deleted.contains(&row), row.title.clone(), row.stars);
    Ok(all.into_iter().map(row).collect())
}

/// What the histories of the rows tell of a time.
fn expected(db: &Database, time: Timestamp) -> Outcome<Vec<Row>> {
    let mut expected = Vec::new();
    for row in db.query::<Todo>().with_deleted().order_by(Todo::id).all()? {
        let mut then = (row.id, false, None, None);
        if row.created_at > time {
            continue;
        }
        for change in db.history(row.id)?.into_iter().filter(|change| change.time <= time) {
            for column in change.columns {
                match (column.column.as_str(), column.to) {
                    ("is_deleted", to) => then.1 = to == Some(Stored::Integer(1)),
                    ("title", Some(Stored::Text(title))) => then.2 = Some(title.into_owned()),
                    ("stars", Some(Stored::Integer(stars))) => then.3 = Some(stars),
                    ("stars", None) => then.3 = None,
                    _ => {}
                }
            }
        }
        expected.push(then);
    }
    Ok(expected)
}

/// A transaction: whose it is, by how much the clock of that device jumps before, and what it writes.
type Step = (bool, i64, Writes);

fn holds(steps: Vec<Step>) -> Outcome {
    let walls = [Wall::new(), Wall::new()];
    let dbs = [walls[0].options().seed(1).memory()?, walls[1].options().seed(2).memory()?];
    let mut times = vec![Wall::START - 1];
    for (device, jump, writes) in steps {
        let at = usize::from(device);
        walls[at].advance(jump);
        times.push(walls[at].millis());
        write(&dbs[at], &writes)?;
        if jump % 3 == 0 {
            send(&dbs[at], &dbs[1 - at])?;
        }
    }
    send(&dbs[0], &dbs[1])?;
    send(&dbs[1], &dbs[0])?;
    walls.iter().for_each(|wall| wall.set(Wall::START + 100_000_000));
    for time in times.into_iter().map(Timestamp::from_millis) {
        let expected = expected(&dbs[0], time)?;
        for db in &dbs {
            assert_eq!(rows(&db.at(time))?, expected);
        }
    }
    // The present is all there is.
    for wall in &walls {
        wall.set(Wall::START - 100_000_000);
    }
    for db in &dbs {
        assert_eq!(rows(&db.at(Timestamp::from_millis(walls[0].millis())))?, rows(db)?);
    }
    Ok(())
}

#[test]
fn each_time_has_what_is_dated_up_to_it() {
    let jump = prop_oneof![2 => 0..5_i64, 1 => -10_000..10_000_i64];
    let steps = prop::collection::vec((any::<bool>(), jump, writes()), 1..15);
    cases::hold((32, 1_000), &steps, holds);
}
