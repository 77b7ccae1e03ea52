//! Undo looks for what a transaction overwrote, never for when clocks said that it was.

use ara::prelude::*;
use ara::{Error, TransactionId};

use crate::clocks::{Device, MINUTE, NOW, Page, Todo, YEAR, meet, see, sync};
use support::{Outcome, There};

/// What the clocks of two devices show.
const WALLS: [[i64; 2]; 7] = [
    [NOW, NOW],
    [NOW + YEAR, NOW],
    [NOW, NOW + YEAR],
    [0, NOW],
    [NOW, NOW - 6 * MINUTE],
    [i64::MAX, i64::MIN],
    [i64::MIN, i64::MAX],
];

/// Two devices, and a row that both have, of no stars and no hits.
fn two(walls: [i64; 2]) -> Outcome<([Device; 2], Id<Todo>, Id<Page>)> {
    let devices = [Device::showing(walls[0])?, Device::showing(walls[1])?];
    let milk = devices[0].create(Todo::draft().title("Buy milk").stars(-1))?;
    let page = devices[0].create(Page::draft().title("page").hits(0))?;
    sync(&devices[0], &devices[1])?;
    Ok((devices, milk, page))
}

fn stars(device: &Device, id: Id<Todo>) -> Outcome<Option<i64>> {
    Ok(device.get(id)?.there()?.stars)
}

/// They set the stars in turns, each having seen the other's.
fn in_turns(devices: &[Device; 2], id: Id<Todo>, turns: i64) -> Outcome<Vec<TransactionId>> {
    let mut made = Vec::new();
    for turn in 0..turns {
        let device = &devices[turn as usize % 2];
        device.update(Todo::patch(id).stars(turn))?;
        made.push(device.last_transaction()?.there()?);
        sync(&devices[0], &devices[1])?;
    }
    Ok(made)
}

#[test]
fn what_was_done_in_turns_is_undone_and_done_again() -> Outcome {
    for walls in WALLS {
        let (devices, id, _) = two(walls)?;
        let made = in_turns(&devices, id, 6)?;
        let (mut undone, mut seen) = (Vec::new(), Vec::new());
        for (turn, made) in made.iter().enumerate().rev() {
            let report = devices[turn % 2].undo(*made)?;
            assert_eq!((report.written, report.left), (1, 0), "{walls:?}");
            undone.push(report.transaction.there()?);
            sync(&devices[0], &devices[1])?;
            seen.push(stars(&devices[(turn + 1) % 2], id)?.there()?);
        }
        assert_eq!(seen, [4, 3, 2, 1, 0, -1], "{walls:?}");
        seen.clear();
        for undone in undone.iter().rev() {
            devices[1].undo(*undone)?;
            seen.push(stars(&devices[1], id)?.there()?);
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5], "{walls:?}");
        meet(&[&devices[0], &devices[1]])?;
    }
    Ok(())
}

/// Each undoes what it did itself, from the last one on: what the other one wrote over it is left, and the
/// transaction then is not undone.
#[test]
fn each_undoes_its_own() -> Outcome {
    for walls in WALLS {
        let (devices, id, _) = two(walls)?;
        let made = in_turns(&devices, id, 4)?;
        for own in [2, 0] {
            devices[0].undo(made[own])?;
            assert_eq!(stars(&devices[0], id)?, Some(3), "{walls:?}");
        }
        sync(&devices[0], &devices[1])?;
        for (own, left) in [(3, 2), (1, 2)] {
            devices[1].undo(made[own])?;
            assert_eq!(stars(&devices[1], id)?, Some(left), "{walls:?}");
        }
        meet(&[&devices[0], &devices[1]])?;
    }
    Ok(())
}

/// One device alone, whose clock jumps with each write.
#[test]
fn a_clock_that_jumps_mixes_nothing_up() -> Outcome {
    let device = Device::showing(NOW)?;
    let milk = device.add("0")?;
    let walls =
        [NOW + YEAR, NOW + MINUTE, 0, i64::MAX, NOW, i64::MIN, NOW + 2 * YEAR, NOW + MINUTE];
    let mut made = Vec::new();
    for (number, wall) in (1..).zip(walls) {
        device.set(wall);
        device.edit(milk, &number.to_string())?;
        made.push(device.last_transaction()?.there()?);
    }
    // One from the middle was written over: it is left as it is.
    let report = device.undo(made[3])?;
    assert_eq!((report.written, report.left), (0, 1));
    see(&[&device], milk, "8");
    for number in (0..walls.len()).rev() {
        device.set(walls[number]);
        device.undo(made[number])?;
        see(&[&device], milk, &number.to_string());
    }
    let peer = Device::showing(NOW)?;
    meet(&[&device, &peer])
}

/// A creation that another device edits already is undone, done again, and the row deleted in between.
#[test]
fn a_creation_that_others_use_is_undone() -> Outcome {
    for walls in WALLS {
        let ([one, other], milk, page) = two(walls)?;
        let all = [&one, &other];
        let new = one.add("Make tea")?;
        let created = one.last_transaction()?.there()?;
        meet(&all)?;
        other.update(Todo::patch(new).stars(5))?;
        other.hit(page, 1)?;
        let undone = one.undo(created)?.transaction.there()?;
        meet(&all)?;
        assert_eq!((other.get(new)?, other.hits(page)?), (None, 1), "{walls:?}");
        one.undo(undone)?;
        meet(&all)?;
        assert_eq!(stars(&other, new)?, Some(5), "{walls:?}");
        other.delete(milk)?;
        let deletion = other.last_transaction()?.there()?;
        meet(&all)?;
        one.undo(deletion)?;
        meet(&all)?;
        see(&all, milk, "Buy milk");
    }
    Ok(())
}

/// What both add is undone by whom it may: an addition is taken away, whatever the clocks say.
#[test]
fn an_addition_is_taken_away() -> Outcome {
    for walls in WALLS {
        let ([one, other], _, page) = two(walls)?;
        let all = [&one, &other];
        let mut made = Vec::new();
        for (device, amount) in [(&one, 1), (&other, 10), (&one, 100), (&other, 1000)] {
            device.hit(page, amount)?;
            made.push(device.last_transaction()?.there()?);
            meet(&all)?;
        }
        let undone = one.undo(made[1])?.transaction.there()?;
        meet(&all)?;
        assert_eq!(other.hits(page)?, 1101, "{walls:?}");
        other.undo(made[2])?;
        meet(&all)?;
        assert_eq!(one.hits(page)?, 1001, "{walls:?}");
        other.undo(undone)?;
        meet(&all)?;
        assert_eq!(one.hits(page)?, 1011, "{walls:?}");
    }
    Ok(())
}

/// What was compacted is not undone any more, and what came after it is, wherever it was received.
#[test]
fn what_came_after_compaction_is_undone() -> Outcome {
    for walls in WALLS {
        let ([one, other], milk, _) = two(walls)?;
        let all = [&one, &other];
        for n in 1..10 {
            one.update(Todo::patch(milk).stars(n))?;
        }
        let old = one.last_transaction()?.there()?;
        one.compact(&[one.version_vector()?])?;
        meet(&all)?;
        let refused = one.undo(old);
        assert!(
            matches!(refused, Err(Error::CompactedTransaction { .. })),
            "{walls:?}: {refused:?}"
        );
        for device in all {
            device.update(Todo::patch(milk).stars(100))?;
            let last = device.last_transaction()?.there()?;
            assert_eq!(device.undo(last)?.written, 1, "{walls:?}");
            assert_eq!(stars(device, milk)?, Some(9), "{walls:?}");
        }
        meet(&all)?;
        assert_eq!(stars(&one, milk)?, Some(9), "{walls:?}");
    }
    Ok(())
}
