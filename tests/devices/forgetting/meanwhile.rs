//! Other things go on while rows are forgotten.

use ara::Changes;

use super::*;

/// Devices that know the row, which is deleted.
fn two() -> Outcome<([Database; 2], Id<Note>)> {
    let all = [Database::memory()?, Database::memory()?];
    let id = deleted(&all[0])?;
    send(&all[0], &all[1])?;
    Ok((all, id))
}

fn have_met(all: &[&Database], id: Id<Note>) -> Outcome {
    for _ in 0..2 {
        for from in all {
            for to in all {
                send(from, to)?;
            }
        }
    }
    for db in all {
        agree(all[0], db)?;
        is_gone(db, id)?;
        db.rebuild()?;
        is_gone(db, id)?;
    }
    Ok(())
}

/// A batch was sent before, and the next one is after it.
#[test]
fn it_is_forgotten_between_two_batches() -> Outcome {
    for taken in 0..4 {
        let one = Database::memory()?;
        let id = deleted(&one)?;
        for number in 0..20 {
            one.create(Note::draft().title(format!("other {number}")).views(1))?;
        }
        let fresh = Database::memory()?;
        let mut batches = one.changes_since(&fresh.version_vector()?)?.in_batches_of(1);
        for _ in 0..taken {
            fresh.merge(&batches.next().there()??)?;
        }
        one.forget(id)?;
        for changes in batches {
            fresh.merge(&Changes::from_bytes(&changes?.to_bytes())?)?;
            verified(&fresh)?;
        }
        have_met(&[&one, &fresh], id)?;
    }
    Ok(())
}

/// Batches that were made before it was forgotten arrive after it.
#[test]
fn what_was_sent_before_it_arrives_after_it() -> Outcome {
    let ([one, other], id) = two()?;
    one.restore(id)?;
    one.update(Note::patch(id).text(format!("{SECRET} late")).views(Counter::add(1)))?;
    let late: Vec<Changes> =
        one.changes_since(&other.version_vector()?)?.collect::<ara::Result<_>>()?;
    other.forget(id)?;
    for changes in late.iter().chain(&late) {
        other.merge(changes)?;
        is_gone(&other, id)?;
    }
    have_met(&[&one, &other], id)
}

#[test]
fn one_compacts_and_the_other_forgets() -> Outcome {
    for compacts_after in [false, true] {
        let ([one, other], id) = two()?;
        let vectors = [one.version_vector()?, other.version_vector()?];
        other.forget(id)?;
        assert!(one.compact(&vectors)?.dropped_values > 0);
        if compacts_after {
            other.compact(&vectors)?;
        }
        let fresh = Database::memory()?;
        // A half of it by one, and the rest by the other.
        for changes in one.changes_since(&fresh.version_vector()?)?.in_batches_of(1).take(2) {
            fresh.merge(&changes?)?;
        }
        send(&other, &fresh)?;
        have_met(&[&fresh, &one, &other], id)?;
    }
    Ok(())
}

/// On several devices, at the same millisecond: clocks that stood still until then give them the same stamp.
#[test]
fn several_forget_it_at_the_same_time() -> Outcome {
    let wall = Wall::new();
    let open = |seed| wall.options().seed(seed).memory();
    let all = [open(1)?, open(2)?, open(3)?];
    let id = deleted(&all[0])?;
    send(&all[0], &all[1])?;
    send(&all[0], &all[2])?;
    wall.advance(1000);
    for db in &all {
        assert!(db.forget(id)?);
    }
    for [first, second] in [[1, 2], [2, 0], [0, 1]] {
        let fresh = Database::memory()?;
        send(&all[first], &fresh)?;
        send(&all[second], &fresh)?;
        is_gone(&fresh, id)?;
    }
    let [one, two, three] = &all;
    have_met(&[one, two, three], id)?;
    let made = |db: &Database| -> Outcome<Timestamp> {
        Ok(db.query::<Note>().with_deleted().filter(Note::id.eq(id)).one()?.created_at)
    };
    assert_eq!([made(one)?, made(two)?, made(three)?], [Timestamp::from_millis(wall.millis()); 3]);
    Ok(())
}

/// What a counter had is gone, and nothing that comes late is added up again.
#[test]
fn counters_are_forgotten() -> Outcome {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    let id = deleted(&db)?;
    let kept = db.create(Note::draft().title("other").views(3))?;
    send(&db, &other)?;
    other.restore(id)?;
    other.update(Note::patch(id).views(Counter::add(100)))?;
    other.update(Note::patch(kept).views(Counter::add(4)))?;
    assert_eq!(file.number("SELECT count(DISTINCT row) FROM ara_counter")?, 2);
    db.forget(id)?;
    send(&other, &db)?;
    assert_eq!(file.number("SELECT count(DISTINCT row) FROM ara_counter")?, 1);
    assert_eq!(db.get(kept)?.there()?.views.map(i64::from), Some(7));
    have_met(&[&db, &other], id)
}

/// A part of the log that is damaged keeps its bytes until it is dropped.
#[test]
fn a_rebuild_drops_a_damaged_piece_that_has_values() -> Outcome {
    for flipped in ["min", "max"] {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        let id = deleted(&db)?;
        db.create(Note::draft().title("other").views(1))?;
        send(&db, &other)?;
        file.tamper(&format!(
            "UPDATE ara_log SET data = CAST(data || x'00' AS BLOB) WHERE pos = \
             (SELECT {flipped}(pos) FROM ara_log WHERE instr(data, '{SECRET}') > 0)"
        ))?;
        drop(db);
        let db = file.open()?;
        db.forget(id)?;
        assert!(!db.verify()?.holds());
        db.rebuild()?;
        verified(&db)?;
        db.create(Note::draft().title("next").views(1))?;
        let (bytes, wal) = file.bytes()?;
        let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes());
        assert!(!has(&bytes) && !has(&wal), "{flipped}");
        have_met(&[&db, &other], id)?;
    }
    Ok(())
}

/// Devices with other versions of the app, and without it, pass it on.
#[test]
fn who_has_not_made_the_table_hears_of_it_too() -> Outcome {
    let (one, without, file) = (Database::memory()?, Database::memory()?, File::new()?);
    let id = deleted(&one)?;
    let older = file.open()?;
    older.create(old::Note::draft().title("mine"))?;
    for db in [&without, &older] {
        send(&one, db)?;
    }
    one.forget(id)?;
    send(&one, &without)?;
    send(&without, &older)?;
    verified(&without)?;
    verified(&older)?;
    let row = Id::<old::Note>::from_uuid(id.uuid());
    assert!(matches!(older.restore(row), Err(Error::Forgotten { .. })));
    let (bytes, wal) = file.bytes()?;
    let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes());
    assert!(!has(&bytes) && !has(&wal));
    // It learns of the table later.
    is_gone(&without, id)?;
    is_gone(&older, id)?;
    have_met(&[&one, &without, &older], id)
}

mod old {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub title: String,
    }
}
