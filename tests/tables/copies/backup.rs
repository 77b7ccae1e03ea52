//! A copy of the file, while it is in use.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ara::Error;
use ara::prelude::*;

use crate::copies::Todo;
use support::{File, Outcome, There, disk, send, verified};

fn titles(db: &Database) -> ara::Result<Vec<String>> {
    db.query::<Todo>().narrow(Todo::title).order_by(Todo::title).select(Todo::title).all()
}

#[test]
fn a_copy_is_a_database_of_its_own() -> Outcome {
    let (file, folder) = (File::new()?, tempfile::tempdir()?);
    let path = folder.path().join("backup.db");
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    db.backup(&path)?;
    // Nothing but the copy is left.
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    db.create(Todo::draft().title("Make tea"))?;

    let copy = disk::open(&path)?;
    assert_eq!(titles(&copy)?, ["Buy milk"]);
    assert_eq!(copy.query::<Todo>().search("milk").count()?, 1);
    verified(&copy)?;
    copy.create(Todo::draft().title("Call home"))?;
    assert_eq!(copy.version_vector()?.len(), 2);
    send(&copy, &db)?;
    send(&db, &copy)?;
    assert_eq!(titles(&copy)?, ["Buy milk", "Call home", "Make tea"]);
    assert_eq!(titles(&db)?, titles(&copy)?);
    assert_eq!(db.version_vector()?, copy.version_vector()?);
    Ok(())
}

/// Also where it comes to lie in place of the file it was made of.
#[test]
fn a_copy_in_place_of_the_file_writes_under_an_id_of_its_own() -> Outcome {
    let (file, folder) = (File::new()?, tempfile::tempdir()?);
    let path = folder.path().join("backup.db");
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    db.backup(&path)?;
    drop(db);
    // The inode stays.
    fs::write(file.path(), fs::read(&path)?)?;
    let db = file.open()?;
    db.create(Todo::draft().title("Make tea"))?;
    assert_eq!(db.version_vector()?.len(), 2);
    verified(&db)
}

#[test]
fn a_database_in_memory_can_be_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("kept.db");
    let db = Database::memory()?;
    db.create(Todo::draft().title("Buy milk"))?;
    db.backup(&path)?;
    let kept = Database::options().read_only().open(&path)?;
    assert_eq!(titles(&kept)?, ["Buy milk"]);
    drop(kept);
    let kept = Database::open(&path)?;
    kept.create(Todo::draft().title("Make tea"))?;
    assert_eq!(titles(&kept)?.len(), 2);
    Ok(())
}

#[test]
fn what_is_there_is_left() -> Outcome {
    let (file, folder) = (File::new()?, tempfile::tempdir()?);
    let db = file.open()?;
    let path = folder.path().join("notes.txt");
    fs::write(&path, "mine")?;
    for path in [&path, &file.path(), &folder.path().to_owned(), &folder.path().join("no/such")] {
        let refused = db.backup(path).err().there()?;
        assert!(matches!(&refused, Error::Open { path: told, .. } if told == path), "{refused}");
    }
    assert_eq!(fs::read_to_string(&path)?, "mine");
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    let told = db.backup(folder.path().join("no/such")).err().there()?.to_string();
    assert!(told.contains("create the folder first"), "{told}");
    // A copy that was stopped is named, and not touched.
    let copy = folder.path().join("copy.db");
    fs::write(folder.path().join("copy.db.unfinished"), "mine")?;
    let told = db.backup(&copy).err().there()?.to_string();
    assert!(told.contains("copy.db.unfinished") && told.contains("remove it"), "{told}");
    Ok(())
}

/// Pairs of rows are written together meanwhile, by another connection too.
#[test]
fn a_copy_is_one_state_of_a_file_in_use() -> Outcome {
    let (file, folder) = (File::new()?, tempfile::tempdir()?);
    let (db, other) = (file.open()?, file.open()?);
    db.create_all((0..20_000_i64).map(|n| Todo::draft().title("x".repeat(200)).stars(n)))?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers = [&db, &other].map(|db| {
            let is_over = &is_over;
            scope.spawn(move || -> ara::Result<()> {
                while !is_over.load(Ordering::SeqCst) {
                    db.create_all((0..2_i64).map(|n| Todo::draft().title("pair").stars(n)))?;
                }
                Ok(())
            })
        });
        let copied = (0..3).try_for_each(|number| -> Outcome {
            let path = folder.path().join(format!("{number}.db"));
            let mut told = Vec::new();
            db.backup_with(&path, |progress| told.push((progress.done, progress.total)))?;
            assert!(told.len() > 1 && told.is_sorted());
            assert!(told.last().is_some_and(|(done, total)| done == total));
            let copy = disk::open(&path)?;
            assert_eq!(copy.query::<Todo>().filter(Todo::title.eq("pair")).count()? % 2, 0);
            verified(&copy)
        });
        is_over.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.join().map_err(|_| "panicked")??;
        }
        copied
    })
}
