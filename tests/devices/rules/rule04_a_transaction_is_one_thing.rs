//! A transaction is one thing everywhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ara::prelude::*;

use crate::rules::{Todo, send};
use support::{File, Outcome, verified};

/// The number of todos in each transaction, which is also what their stars say.
const SIZES: [i64; 5] = [2, 1, 500, 3, 4_000];

fn write(db: &Database) -> ara::Result<()> {
    for size in SIZES {
        db.create_all((0..size).map(|_| Todo::draft().title("x".repeat(200)).stars(size)))?;
    }
    Ok(())
}

#[test]
fn no_batch_ends_within_one() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    write(&laptop)?;
    for bytes in [1, 1_000, 1 << 30] {
        let batches: Vec<_> = laptop
            .changes_since(&phone.version_vector()?)?
            .in_batches_of(bytes)
            .map(|changes| Ok(changes?.len() as i64))
            .collect::<ara::Result<_>>()?;
        match bytes {
            1 => assert_eq!(batches, SIZES),
            1_000 => assert_eq!(batches, [503, 4_003]),
            _ => assert_eq!(batches, [SIZES.iter().sum::<i64>()]),
        }
    }
    Ok(())
}

/// Who reads the database that merges sees all of a transaction, or nothing of it.
#[test]
fn a_reader_never_sees_half_of_one() -> Outcome {
    let (laptop, file) = (Database::memory()?, File::new()?);
    let db = file.open()?;
    db.ensure::<Todo>()?;
    write(&laptop)?;
    let is_merged = AtomicBool::new(false);
    thread::scope(|scope| -> Outcome {
        let reader = scope.spawn(|| -> ara::Result<()> {
            let mut is_over = false;
            while !is_over {
                is_over = is_merged.load(Ordering::Relaxed);
                let stars = db.query::<Todo>().narrow(Todo::stars).select(Todo::stars).all()?;
                for size in SIZES {
                    let count = stars.iter().filter(|stars| **stars == size).count() as i64;
                    assert!(count == 0 || count == size, "{count} of {size} are seen");
                }
            }
            Ok(())
        });
        let merged = (|| -> ara::Result<()> {
            for changes in laptop.changes_since(&db.version_vector()?)?.in_batches_of(1) {
                db.merge(&changes?)?;
            }
            Ok(())
        })();
        is_merged.store(true, Ordering::Relaxed);
        reader.join().map_err(|_| "the reader failed")??;
        Ok(merged?)
    })?;
    assert_eq!(db.query::<Todo>().count()? as i64, SIZES.iter().sum::<i64>());
    verified(&db)
}

/// It was refused here, so it is nowhere.
#[test]
fn what_was_rolled_back_is_not_sent() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    laptop.create(Todo::draft().title("Buy milk"))?;
    let failed: ara::Result<()> = laptop.transaction(|tx| {
        tx.create(Todo::draft().title("Make tea"))?;
        Err(ara::Error::Broken)
    });
    assert!(failed.is_err());
    laptop.create(Todo::draft().title("Call home"))?;
    assert_eq!(send(&laptop, &phone)?[0].changes, 2);
    assert_eq!(phone.query::<Todo>().count()?, 2);
    verified(&phone)
}
