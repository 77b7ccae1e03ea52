//! The order of the list of transactions, on devices whose clocks jump.

use ara::TransactionId;
use ara::prelude::*;
use proptest::prelude::*;

use crate::past::Todo;
use support::{Outcome, There, Wall, cases, send};

fn ids(
    listed: impl Iterator<Item = ara::Result<ara::TransactionSummary>>,
) -> Outcome<Vec<TransactionId>> {
    Ok(listed.map(|listed| Ok(listed?.id)).collect::<ara::Result<_>>()?)
}

/// What is done: whose turn it is, by how much the clock of that device jumps, and how many rows it creates. With
/// none, it gives what it knows to the other one.
type Step = (bool, i64, u16);

fn holds((steps, page): (Vec<Step>, usize)) -> Outcome {
    let walls = [Wall::new(), Wall::new()];
    let dbs = [walls[0].options().seed(1).memory()?, walls[1].options().seed(2).memory()?];
    for (device, jump, rows) in steps {
        let (own, other) = (usize::from(device), usize::from(!device));
        walls[own].advance(jump);
        if rows == 0 {
            send(&dbs[own], &dbs[other])?;
        } else {
            dbs[own]
                .create_all((0..i64::from(rows)).map(|n| Todo::draft().title("Think").stars(n)))?;
        }
    }
    send(&dbs[0], &dbs[1])?;
    send(&dbs[1], &dbs[0])?;
    let all = ids(dbs[0].transactions())?;
    assert_eq!(ids(dbs[1].transactions())?, all);
    // Those of a node are in the order in which they were made.
    let mut sorted = all.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), all.len());
    for db in &dbs {
        let node = db.node()?.to_string();
        let of_node = |ids: &[TransactionId]| {
            let ids = ids.iter().filter(|id| id.to_string().starts_with(&node));
            ids.copied().collect::<Vec<_>>()
        };
        let mut descending = of_node(&sorted);
        descending.reverse();
        assert_eq!(of_node(&all), descending);
    }
    // Pages follow one another, on either device.
    let mut paged: Vec<TransactionId> = Vec::new();
    loop {
        let db = &dbs[paged.len() % 2];
        let next = match paged.last() {
            None => db.transactions(),
            Some(last) => db.transactions().before(*last),
        };
        let next = ids(next.take(page))?;
        if next.is_empty() {
            break;
        }
        paged.extend(next);
    }
    assert_eq!(paged, all);
    Ok(())
}

#[test]
fn devices_list_the_same_in_pages() {
    let rows = prop_oneof![4 => 1..5_u16, 1 => Just(0), 1 => 200..1500_u16];
    let jump = prop_oneof![3 => 0..5_i64, 1 => -10_000..10_000_i64];
    let steps = prop::collection::vec((any::<bool>(), jump, rows), 1..30);
    cases::hold((24, 300), &(steps, 1..9_usize), holds);
}

/// Small pieces of the log are united while the list is read, and overwritten values are dropped.
#[test]
fn what_happens_meanwhile_hides_nothing() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    for n in 0..600 {
        wall.advance(1);
        db.update(Todo::patch(milk).stars(n))?;
    }
    let all = ids(db.transactions())?;
    assert_eq!(all.len(), 601);
    let mut listed = Vec::new();
    for (at, next) in db.transactions().enumerate() {
        listed.push(next?.id);
        if at % 3 == 0 {
            wall.advance(1);
            db.create(Todo::draft().title("Think"))?;
        }
    }
    assert_eq!(listed, all);

    let mut left = db.transactions();
    let first = left.next().there()??;
    db.compact(&[db.version_vector()?])?;
    let left = ids(left)?;
    let compacted = ids(db.transactions().before(first.id))?;
    // A page was read before.
    assert!(left.ends_with(&compacted[compacted.len().min(31)..]));
    assert!(left.is_sorted_by(|one, next| one > next));
    Ok(())
}
