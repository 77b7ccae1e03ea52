//! Logs in which covered values were dropped.

use ara::VersionVector;
use ara::prelude::*;

use crate::merge::{Todo, same, send, sync};
use support::{File, Outcome, There};

/// A device that has written much over, and what it knew when it was compacted.
fn compacted() -> Outcome<(Database, Vec<Id<Todo>>)> {
    let db = Database::memory()?;
    let todos = ["Buy milk", "Make tea", "Call home"].map(|title| Todo::draft().title(title));
    let ids = db.create_all(todos)?;
    for stars in 0..20 {
        for id in &ids {
            db.update(Todo::patch(*id).stars(stars))?;
        }
    }
    db.delete(ids[2])?;
    let done = db.compact(&[db.version_vector()?])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (64, 57, 57 + 1));
    assert!(db.verify()?.holds());
    db.update(Todo::patch(ids[0]).done(true))?;
    Ok((db, ids))
}

#[test]
fn a_fresh_device_gets_what_is_left() -> Outcome {
    let (db, _) = compacted()?;
    let fresh = Database::memory()?;
    let report = send(&db, &fresh)?.remove(0);
    assert_eq!(report.changes, 8);
    same(&db, &fresh)?;
    fresh.create(Todo::draft().title("Go on"))?;
    sync(&db, &fresh)?;
    let third = Database::memory()?;
    send(&fresh, &third)?;
    same(&db, &third)
}

#[test]
fn who_knew_a_part_gets_the_rest() -> Outcome {
    let (db, late) = (Database::memory()?, Database::memory()?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    send(&db, &late)?;
    for stars in 0..9 {
        db.update(Todo::patch(milk).stars(stars))?;
    }
    let before: Vec<_> =
        db.changes_since(&VersionVector::default())?.collect::<ara::Result<_>>()?;
    db.compact(&[db.version_vector()?])?;
    db.update(Todo::patch(milk).done(true))?;
    late.update(Todo::patch(milk).title("Buy oat milk"))?;
    sync(&db, &late)?;
    assert!(send(&db, &late)?.is_empty() && send(&late, &db)?.is_empty());
    // What was sent before is known, though it is gone.
    for changes in &before {
        assert_eq!(db.merge(changes)?.changes, 0);
        assert_eq!(late.merge(changes)?.changes, 0);
    }
    same(&db, &late)
}

#[test]
fn the_whole_log_and_what_is_left_of_it_meet() -> Outcome {
    let (db, whole) = (Database::memory()?, Database::memory()?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    for stars in 0..9 {
        db.update(Todo::patch(milk).stars(stars))?;
    }
    send(&db, &whole)?;
    db.compact(&[db.version_vector()?])?;
    assert!(send(&db, &whole)?.is_empty() && send(&whole, &db)?.is_empty());
    db.update(Todo::patch(milk).done(true))?;
    sync(&db, &whole)?;
    // One from each, in both orders.
    let fresh = Database::memory()?;
    send(&db, &fresh)?;
    send(&whole, &fresh)?;
    same(&whole, &fresh)?;
    let other = Database::memory()?;
    send(&whole, &other)?;
    send(&db, &other)?;
    same(&db, &other)?;
    db.rebuild()?;
    same(&db, &other)
}

#[test]
fn only_what_the_vector_knows_is_dropped() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let vector = db.version_vector()?;
    db.update(Todo::patch(milk).stars(2))?;
    // What covers it is not known there.
    assert_eq!(db.compact(&[vector])?.dropped_values, 0);
    let done = db.compact(&[db.version_vector()?])?;
    assert_eq!((done.dropped_changes, done.dropped_values), (0, 1));
    assert_eq!(db.compact(&[VersionVector::default()])?.changes, 0);
    Ok(())
}

/// A device that got a part of what is left of a log, and then the rest of the whole one, or the other way
/// round.
#[test]
fn a_part_of_what_is_left_and_a_part_of_the_whole_meet() -> Outcome {
    for parts in 1..8 {
        let (db, whole) = (Database::memory()?, Database::memory()?);
        let milk = db.create(Todo::draft().title("Buy milk").stars(9))?;
        for stars in 0..4 {
            db.update(Todo::patch(milk).stars(stars))?;
            db.create(Todo::draft().title("Make tea"))?;
        }
        send(&db, &whole)?;
        db.compact(&[db.version_vector()?])?;
        for [first, second] in [[&db, &whole], [&whole, &db]] {
            let fresh = Database::memory()?;
            let begun = first.changes_since(&fresh.version_vector()?)?.in_batches_of(1);
            for (at, changes) in begun.take(parts).enumerate() {
                fresh.merge(&changes?)?;
                let found = fresh.verify()?;
                assert!(found.holds(), "after {at} of {parts}: {:?}", found.differences);
            }
            for changes in second.changes_since(&fresh.version_vector()?)?.in_batches_of(1) {
                assert!(fresh.merge(&changes?)?.refused.is_empty());
                let found = fresh.verify()?;
                assert!(found.holds(), "then, of {parts}: {:?}", found.differences);
            }
            send(first, &fresh)?;
            same(&whole, &fresh)?;
        }
    }
    Ok(())
}

/// A backup from before was restored, and written to, while others dropped what they knew better.
#[test]
fn what_a_restored_file_wrote_is_united_with_what_is_left() -> Outcome {
    for writes_before in 1..4 {
        let file = File::new()?;
        let db = file.open()?;
        let milk = db.create(Todo::draft().title("Buy milk").stars(0))?;
        for stars in 1..writes_before {
            db.update(Todo::patch(milk).stars(stars))?;
        }
        drop(db);
        let before = std::fs::read(file.path())?;
        let db = file.open()?;
        for stars in 10..14 {
            db.update(Todo::patch(milk).stars(stars))?;
        }
        let (phone, whole) = (Database::memory()?, Database::memory()?);
        send(&db, &phone)?;
        send(&db, &whole)?;
        drop(db);
        phone.compact(&[phone.version_vector()?])?;

        std::fs::write(file.path(), &before)?;
        let db = file.open()?;
        db.update(Todo::patch(milk).done(true))?;
        db.create(Todo::draft().title("Make tea"))?;
        let forked: usize = [send(&db, &phone)?, send(&phone, &db)?]
            .iter()
            .flatten()
            .map(|report| report.forked.len())
            .sum();
        assert!(forked > 0);
        sync(&db, &phone)?;
        sync(&phone, &whole)?;
        sync(&db, &whole)?;
        sync(&db, &phone)?;
        let todo = phone.get(milk)?.there()?;
        assert_eq!((todo.stars, todo.done), (Some(13), Some(true)));
        assert_eq!(db.query::<Todo>().count()?, 2);
        for from in [&db, &phone, &whole] {
            let fresh = Database::memory()?;
            send(from, &fresh)?;
            same(from, &fresh)?;
        }
    }
    Ok(())
}

#[test]
fn a_transaction_of_which_something_is_left_still_ends() -> Outcome {
    let (db, whole) = (Database::memory()?, Database::memory()?);
    let ids = db.create_all([Todo::draft().title("Buy milk"), Todo::draft().title("Make tea")])?;
    db.transaction(|tx| {
        tx.update(Todo::patch(ids[0]).stars(1))?;
        tx.update(Todo::patch(ids[1]).stars(1))
    })?;
    send(&db, &whole)?;
    db.update(Todo::patch(ids[1]).stars(2))?;
    db.update(Todo::patch(ids[1]).stars(3))?;
    send(&db, &whole)?;
    let done = db.compact(&[db.version_vector()?])?;
    assert_eq!((done.dropped_changes, done.dropped_values), (1, 2));
    same(&db, &whole)?;
    let fresh = Database::memory()?;
    let batches = db.changes_since(&VersionVector::default())?.in_batches_of(1);
    let batches = batches.collect::<ara::Result<Vec<_>>>()?;
    assert_eq!(batches.iter().map(ara::Changes::len).collect::<Vec<_>>(), [2, 2, 1]);
    // Part of it from the one, the rest from the other.
    fresh.merge(&batches[0])?;
    fresh.merge(&batches[1])?;
    assert_eq!(fresh.get(ids[1])?.there()?.stars, None);
    assert_eq!(send(&whole, &fresh)?[0].changes, 2);
    same(&fresh, &whole)
}

/// What stands for dropped changes can be lost too.
#[test]
fn a_compacted_log_that_lost_changes_gets_them_back() -> Outcome {
    for lost in 0..3 {
        let file = File::new()?;
        let db = file.open()?;
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        for stars in 0..5 {
            db.update(Todo::patch(milk).stars(stars))?;
            db.create(Todo::draft().title("Make tea"))?;
        }
        let (compacted, whole) = (Database::memory()?, Database::memory()?);
        send(&db, &whole)?;
        db.compact(&[db.version_vector()?])?;
        send(&db, &compacted)?;
        drop(db);
        file.forge(|pieces| {
            let mut at = 0..;
            for piece in &mut *pieces {
                piece
                    .changes
                    .retain(|_| !(lost..lost + 2).contains(&at.next().unwrap_or_default()));
                piece.first = piece.changes.first().map_or(piece.first, |first| first.number);
            }
            pieces.retain(|piece| !piece.changes.is_empty());
        })?;
        let db = file.open()?;
        assert!(!db.verify()?.holds());
        db.rebuild()?;
        assert!(db.verify()?.holds());
        let (first, second) =
            if lost % 2 == 0 { (&compacted, &whole) } else { (&whole, &compacted) };
        send(&db, first)?;
        sync(first, &db)?;
        sync(second, &db)?;
        sync(first, second)?;
        assert_eq!(db.query::<Todo>().count()?, 6);
        assert_eq!(db.get(milk)?.there()?.stars, Some(4));
    }
    Ok(())
}

/// The clock tells of a later write than there was: one that nobody made, or that of another row.
#[test]
fn what_a_wrong_clock_covers_stays() -> Outcome {
    let late = "ara_clock = CAST(x'02' || substr(ara_clock, 2) AS BLOB)";
    let copied = "ara_clock = (SELECT ara_clock FROM todo ORDER BY ara_row DESC LIMIT 1)";
    for sql in [late, copied] {
        let file = File::new()?;
        let db = file.open()?;
        let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
        db.update(Todo::patch(milk).stars(2))?;
        let tea = db.create(Todo::draft().title("Make tea").stars(3))?;
        let before = db.get(milk)?;
        let id = milk.to_string().replace('-', "");
        file.tamper(&format!("UPDATE todo SET {sql} WHERE hex(id) = upper('{id}')"))?;
        assert_eq!(db.compact(&[db.version_vector()?])?.dropped_values, 0, "{sql}");
        let _ = db.rebuild()?;
        assert_eq!(db.get(milk)?, before, "{sql}");
        assert!(db.get(tea)?.is_some() && db.verify()?.holds());
        // Once the row is mended, it is compacted with what comes later.
        db.update(Todo::patch(milk).stars(4))?;
        assert_eq!(db.compact(&[db.version_vector()?])?.dropped_values, 2, "{sql}");
        assert!(db.verify()?.holds());
    }
    Ok(())
}
