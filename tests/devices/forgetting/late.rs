//! What was written without hearing of it arrives late, and is removed.

use super::*;

/// Three devices that know the row: one forgets it, the others edit it.
fn three() -> Outcome<([Database; 3], Id<Note>)> {
    let all = [Database::memory()?, Database::memory()?, Database::memory()?];
    let id = all[0].create(Note::draft().title(SECRET).views(1))?;
    send(&all[0], &all[1])?;
    send(&all[0], &all[2])?;
    Ok((all, id))
}

fn met(all: &[&Database], id: Id<Note>) -> Outcome {
    for _ in 0..2 {
        for from in all {
            for to in all {
                send(from, to)?;
            }
        }
    }
    let rows = |db: &Database| db.query::<Note>().with_deleted().order_by(Note::id.asc()).all();
    for db in all {
        agree(all[0], db)?;
        assert_eq!(rows(db)?, rows(all[0])?);
        is_gone(db, id)?;
    }
    Ok(())
}

#[test]
fn a_later_edit_elsewhere_is_removed_when_it_arrives() -> Outcome {
    let ([one, two, three], id) = three()?;
    one.delete(id)?;
    one.forget(id)?;
    two.update(Note::patch(id).text(SECRET).views(Counter::add(9)))?;
    three.delete(id)?;
    three.restore(id)?;
    three.update(Note::patch(id).title(SECRET))?;
    met(&[&one, &two, &three], id)?;
    let fresh = Database::memory()?;
    met(&[&fresh, &two, &one, &three], id)?;
    for db in [&one, &two, &three, &fresh] {
        db.rebuild()?;
        is_gone(db, id)?;
        assert!(db.history(id)?.iter().filter(|change| change.is_removed).count() >= 4);
    }
    Ok(())
}

#[test]
fn several_may_forget_it_apart() -> Outcome {
    let ([one, two, three], id) = three()?;
    for db in [&two, &one, &three] {
        db.delete(id)?;
        db.forget(id)?;
    }
    let fresh = Database::memory()?;
    send(&three, &fresh)?;
    is_gone(&fresh, id)?;
    met(&[&fresh, &one, &two, &three], id)
}

/// What is left of a change arrives without the one that forgot the row.
#[test]
fn what_is_left_of_a_change_tells_it_too() -> Outcome {
    let ([one, two, three], id) = three()?;
    two.update(Note::patch(id).text(SECRET))?;
    send(&two, &one)?;
    one.delete(id)?;
    send(&one, &two)?;
    two.forget(id)?;
    // A batch with the changes of one node alone, of which the row is.
    let mut seen = three.version_vector()?;
    let batches: Vec<_> = two.changes_since(&seen)?.collect::<Result<_, _>>()?;
    for changes in batches {
        three.merge(&changes)?;
        seen = three.version_vector()?;
        verified(&three)?;
    }
    let _ = seen;
    is_gone(&three, id)?;
    met(&[&one, &two, &three], id)
}

/// A file that was copied: both go on, and one of them forgets.
#[test]
fn a_copy_of_the_file_hears_of_it() -> Outcome {
    let (file, copy) = (File::new()?, File::new()?);
    let db = file.open()?;
    let id = deleted(&db)?;
    drop(db);
    std::fs::copy(file.path(), copy.path())?;
    let (db, copied) = (file.open()?, copy.open()?);
    copied.restore(id)?;
    copied.update(Note::patch(id).text(SECRET))?;
    db.forget(id)?;
    met(&[&db, &copied], id)
}

/// A file that is put back in place writes under the same node id: its twins are removed, too.
#[test]
fn a_restored_file_hears_of_it() -> Outcome {
    let (file, backup, other) = (File::new()?, File::new()?, Database::memory()?);
    let db = file.open()?;
    let id = deleted(&db)?;
    drop(db);
    std::fs::copy(file.path(), backup.path())?;
    let db = file.open()?;
    db.restore(id)?;
    db.update(Note::patch(id).text(format!("{SECRET} one")))?;
    send(&db, &other)?;
    drop(db);
    // Written over, as `cp` does, so that it is the same file.
    std::fs::write(file.path(), std::fs::read(backup.path())?)?;
    let db = file.open()?;
    db.forget(id)?;
    db.create(Note::draft().title("other").views(0))?;
    met(&[&db, &other], id)?;
    let fresh = Database::memory()?;
    met(&[&fresh, &db, &other], id)
}

/// A backup that comes back brings the values back to its device until that meets another.
#[test]
fn a_backup_brings_it_back_until_it_meets_another() -> Outcome {
    let (file, backup, other) = (File::new()?, File::new()?, Database::memory()?);
    let db = file.open()?;
    let id = deleted(&db)?;
    db.backup(backup.path())?;
    db.forget(id)?;
    send(&db, &other)?;
    drop(db);
    let restored = backup.open()?;
    assert!(restored.restore(id)?);
    assert_eq!(restored.get(id)?.there()?.text.as_deref(), Some(SECRET));
    met(&[&restored, &other], id)
}

/// Damage does not keep a row from being forgotten, and rebuilding finishes it.
#[test]
fn a_rebuild_removes_what_another_program_brought_back() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = deleted(&db)?;
    db.forget(id)?;
    for sql in [
        "UPDATE note SET text = 'sesamopeniti'",
        "UPDATE note SET is_deleted = 0",
        "UPDATE note SET updated_at = updated_at + 1",
        "DELETE FROM ara_forgotten",
        "DELETE FROM note",
        "UPDATE ara_forgotten SET stamp = stamp + 1",
    ] {
        file.tamper(sql)?;
        assert!(!db.verify()?.holds(), "{sql}");
        db.rebuild()?;
        verified(&db)?;
        is_gone(&db, id)?;
    }
    Ok(())
}

/// What was removed of one row is not missing from others.
#[test]
fn other_rows_can_be_undone_and_seen_as_they_were() -> Outcome {
    let wall = Wall::new();
    let open = |seed| wall.options().seed(seed).memory();
    let (one, other, fresh) = (open(1)?, open(2)?, open(3)?);
    let id = one.create(Note::draft().title(SECRET).views(1))?;
    let kept = one.create(Note::draft().title("before").views(1))?;
    one.update(Note::patch(kept).title("after"))?;
    let edited = one.last_transaction()?.there()?;
    let then = Timestamp::from_millis(wall.millis());
    wall.advance(1000);
    send(&one, &other)?;
    // Without having heard of it, the other one edits the row.
    other.update(Note::patch(id).text(SECRET))?;
    one.delete(id)?;
    one.forget(id)?;
    let all = [&one, &other, &fresh];
    for from in all {
        for to in all {
            send(from, to)?;
        }
    }
    for db in all {
        is_gone(db, id)?;
        let titles = db.at(then).query::<Note>().select(Note::title).all()?;
        assert_eq!(titles, [Some("after".to_owned())]);
        assert!(db.history(kept)?.iter().all(|change| !change.is_compacted));
    }
    fresh.undo(edited)?;
    assert_eq!(fresh.get(kept)?.there()?.title.as_deref(), Some("before"));
    send(&fresh, &one)?;
    agree(&fresh, &one)
}

/// The device that forgot a row is lost while it tells another one, which has heard only that values were removed.
/// Those who still have them know all changes that the other one knows, so that neither has news for the other. When
/// that one is opened again, it forgets the row itself.
#[test]
fn who_forgot_it_may_be_lost_before_all_was_told() -> Outcome {
    let (one, lost, file) = (Database::memory()?, Database::memory()?, File::new()?);
    let ids = [deleted(&one)?, deleted(&one)?];
    send(&one, &lost)?;
    ids.iter().try_for_each(|id| lost.forget(*id).map(drop))?;
    let heard = file.open()?;
    let batches = lost.changes_since(&heard.version_vector()?)?.in_batches_of(1);
    let batches: Vec<_> = batches.collect::<ara::Result<_>>()?;
    for changes in &batches[..batches.len() - 2] {
        heard.merge(changes)?;
    }
    drop(lost);
    let told = "SELECT count(*) FROM ara_forgotten WHERE act = 0";
    assert_eq!((heard.version_vector()?, file.number(told)?), (one.version_vector()?, 2));
    drop(heard);
    let heard = file.open()?;
    assert_eq!(file.number(told)?, 0);
    verified(&heard)?;
    let vector = heard.version_vector()?;
    drop(heard);
    let heard = file.open()?;
    assert_eq!(heard.version_vector()?, vector);
    for id in ids {
        met(&[&one, &heard], id)?;
    }
    Ok(())
}
