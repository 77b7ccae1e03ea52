//! The last writer wins, by column, and the result depends on the set of changes alone.

use ara::prelude::*;

use crate::rules::{NOW, Todo, at, everything, send, todos};
use support::{File, Outcome, Wall, log, verified};

#[test]
fn no_order_makes_a_difference() -> Outcome {
    let milk = Id::from_key("milk");
    let devices = [at(NOW, 1)?, at(NOW + 1, 2)?, at(NOW + 2, 3)?];
    for (stars, db) in (1..).zip(&devices) {
        db.create(Todo::draft().id(milk).title(format!("Milk {stars}")))?;
        db.update(Todo::patch(milk).stars(stars))?;
    }
    devices[2].delete(milk)?;
    devices[0].update(Todo::patch(milk).code("0012"))?;
    devices[1].restore(milk)?;
    let batches = [everything(&devices[0])?, everything(&devices[1])?, everything(&devices[2])?];
    let mut results = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let db = Database::memory()?;
        for changes in order.into_iter().chain(order).flat_map(|at| &batches[at]) {
            db.merge(changes)?;
        }
        verified(&db)?;
        results.push((todos(&db)?, db.version_vector()?));
    }
    assert!(results.iter().all(|result| *result == results[0]));
    let row = &results[0].0[0];
    assert_eq!((row.title.as_deref(), row.stars), (Some("Milk 3"), Some(3)));
    assert_eq!(row.code.as_deref(), Some("0012"));
    assert_eq!((row.created_at.millis(), row.updated_at.millis()), (NOW, NOW + 2));
    Ok(())
}

/// Of two writes of the same stamp, that of the node whose id has the greater bytes: not of the one that a
/// file happened to meet later.
#[test]
fn a_tie_is_broken_by_the_bytes_of_the_node_s_id() -> Outcome {
    for seed in 0..6 {
        let (files, wall) = ([File::new()?, File::new()?], Wall::new());
        let open = |file: &File, seed| wall.options().seed(seed).open(file.path());
        let dbs = [open(&files[0], seed)?, open(&files[1], seed + 100)?];
        let milk = dbs[0].create(Todo::draft().title("Buy milk"))?;
        send(&dbs[0], &dbs[1])?;
        for (title, db) in ["Buy oat milk", "Buy soy milk"].into_iter().zip(&dbs) {
            db.update(Todo::patch(milk).title(title))?;
        }
        send(&dbs[0], &dbs[1])?;
        send(&dbs[1], &dbs[0])?;
        let log = log::read(&files[1].sqlite()?)?;
        let updates: Vec<_> = log.iter().filter(|it| it.cell("is_deleted").is_none()).collect();
        assert_eq!((updates.len(), updates[0].stamp), (2, updates[1].stamp));
        // Each file counts itself first.
        let is_first_greater = "SELECT (SELECT id FROM ara_node WHERE ordinal = 1) \
                                > (SELECT id FROM ara_node WHERE ordinal = 2)";
        let titles = match files[0].number(is_first_greater)? {
            1 => "Buy oat milk",
            _ => "Buy soy milk",
        };
        for db in &dbs {
            assert_eq!(db.get(milk)?.and_then(|row| row.title).as_deref(), Some(titles));
            verified(db)?;
        }
    }
    Ok(())
}
