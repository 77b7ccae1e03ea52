//! What is mended within a transaction is mended from all that the transaction has written so far.

use ara::prelude::*;

use support::{File, Outcome, send, verified};

/// The table as an app of few columns declares it, and as a newer one does.
mod narrow {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Item {
        pub id: Id<Item>,
        pub name: String,
        pub place: Option<String>,
    }
}

mod wide {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Item {
        pub id: Id<Item>,
        pub name: String,
        pub place: Option<String>,
        pub stars: Option<i64>,
    }
}

/// More rows than are written into the log at once, and fewer.
const ROWS: [usize; 7] = [0, 1, 5, 15, 16, 17, 40];

/// In one transaction, writes rows through the narrow struct, then some through the wide one, which has the
/// table mended; and looks whether all of them are there, here and on another device.
fn write_and_mend(db: &Database, rows: usize, held: usize) -> Outcome {
    db.transaction(|tx| {
        for row in 0..rows {
            tx.create(narrow::Item::draft().name(format!("narrow {row}")))?;
        }
        tx.ensure::<wide::Item>()?;
        assert_eq!(tx.query::<wide::Item>().count()?, (held + rows) as u64);
        for row in 0..rows {
            tx.create(wide::Item::draft().name(format!("wide {row}")).stars(3))?;
        }
        Ok(())
    })?;
    verified(db)?;
    let all = db.query::<wide::Item>().order_by(wide::Item::id).all()?;
    assert_eq!(all.len(), held + 2 * rows);

    let other = Database::memory()?;
    send(db, &other)?;
    verified(&other)?;
    assert_eq!(other.query::<wide::Item>().order_by(wide::Item::id).all()?, all);
    Ok(())
}

#[test]
fn a_column_that_was_dropped_is_filled_again() -> Outcome {
    for rows in ROWS {
        let file = File::new()?;
        file.open()?.create(wide::Item::draft().name("before").stars(5))?;
        file.sqlite()?.execute_batch("ALTER TABLE item DROP COLUMN stars")?;
        let db = file.open()?;
        write_and_mend(&db, rows, 1)?;
        let before = db.query::<wide::Item>().filter(wide::Item::name.eq("before")).one()?;
        assert_eq!(before.stars, Some(5));
    }
    Ok(())
}

#[test]
fn a_column_that_was_in_the_log_alone_is_made() -> Outcome {
    for rows in ROWS {
        let file = File::new()?;
        file.open()?.create(narrow::Item::draft().name("before"))?;
        // In the way of what arrives, which stays in the log.
        file.sqlite()?.execute_batch("ALTER TABLE item ADD COLUMN stars INTEGER")?;
        let peer = Database::memory()?;
        peer.create(wide::Item::draft().name("arrived").stars(5))?;
        send(&peer, &file.open()?)?;
        file.sqlite()?.execute_batch("ALTER TABLE item DROP COLUMN stars")?;
        let db = file.open()?;
        write_and_mend(&db, rows, 2)?;
        let arrived = db.query::<wide::Item>().filter(wide::Item::name.eq("arrived")).one()?;
        assert_eq!(arrived.stars, Some(5));
    }
    Ok(())
}

/// An error after the mending takes all of it back, and the next transaction begins anew.
#[test]
fn what_is_rolled_back_leaves_nothing() -> Outcome {
    let file = File::new()?;
    file.open()?.create(wide::Item::draft().name("before").stars(5))?;
    file.sqlite()?.execute_batch("ALTER TABLE item DROP COLUMN stars")?;
    let db = file.open()?;
    let failed: Result<(), ara::Error> = db.transaction(|tx| {
        tx.create(narrow::Item::draft().name("lost"))?;
        tx.ensure::<wide::Item>()?;
        tx.query::<wide::Item>().one().map(drop)
    });
    assert!(matches!(failed, Err(ara::Error::NotOne { .. })));
    write_and_mend(&db, 5, 1)
}

/// The table as an app declares it whose column cannot be made.
mod refused {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Item {
        pub id: Id<Item>,
        pub name: String,
        pub stars: Option<i64>,
        pub taken: Option<i64>,
    }
}

/// What the transaction had written before stays, where mending was begun and could not be finished.
#[test]
fn what_was_written_before_a_failed_first_use_stays() -> Outcome {
    for rows in ROWS {
        for ensures in [false, true] {
            let file = File::new()?;
            file.open()?.create(wide::Item::draft().name("before").stars(5))?;
            file.sqlite()?.execute_batch(
                "ALTER TABLE item DROP COLUMN stars; ALTER TABLE item ADD COLUMN taken TEXT",
            )?;
            let db = file.open()?;
            db.transaction(|tx| {
                for row in 0..rows {
                    tx.create(narrow::Item::draft().name(format!("narrow {row}")))?;
                }
                let failed = match ensures {
                    true => tx.ensure::<refused::Item>(),
                    false => tx.query::<refused::Item>().count().map(drop),
                };
                assert!(matches!(failed, Err(ara::Error::Shape { .. })), "{failed:?}");
                Ok(())
            })?;
            db.ensure::<wide::Item>()?;
            verified(&db)?;
            assert_eq!(db.query::<wide::Item>().count()?, 1 + rows as u64);
            let other = Database::memory()?;
            send(&db, &other)?;
            verified(&other)?;
            assert_eq!(other.query::<wide::Item>().count()?, 1 + rows as u64);
        }
    }
    Ok(())
}
