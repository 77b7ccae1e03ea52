//! Ids of rows.

use std::collections::HashSet;
use std::thread;

use ara::Uuid;
use ara::prelude::*;

use crate::mutations::Todo;
use support::{File, Outcome, There, Wall, verified};

#[test]
fn a_new_id_is_a_uuid_of_version_7_with_the_time_of_the_row() -> Outcome {
    let db = Wall::new().options().memory()?;
    let id = db.create(Todo::draft().title("Milk"))?;
    let bytes = id.uuid().into_bytes();
    // RFC 9562: 48 bits of milliseconds, the version, 12 bits, the variant, 62 bits.
    assert_eq!((bytes[6] >> 4, bytes[8] >> 6), (7, 2));
    let millis = bytes[..6].iter().fold(0, |millis, byte| millis << 8 | i64::from(*byte));
    assert_eq!(millis, Wall::START);
    assert_eq!(db.get(id)?.there()?.created_at.millis(), millis);
    Ok(())
}

/// By up to five minutes, that is: a clock that is put back further was wrong before.
#[test]
fn ids_sort_as_they_were_made_also_where_the_wall_clock_is_put_back() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let mut ids = Vec::new();
    for step in [0, 0, 1, -5_000, 0, 86_400_000, -200_000, 0] {
        wall.advance(step);
        ids.push(db.create(Todo::draft().title("Milk"))?);
        ids.extend(db.create_all([(); 3].map(|()| Todo::draft().title("Bread")))?);
    }
    assert!(ids.is_sorted_by(|one, next| one < next));
    let read: Vec<_> = db.query::<Todo>().order_by(Todo::id.asc()).all()?;
    assert_eq!(read.into_iter().map(|row| row.id).collect::<Vec<_>>(), ids);
    Ok(())
}

#[test]
fn threads_and_handles_make_no_id_twice() -> Outcome {
    const THREADS: usize = 4;
    const ROWS: usize = 40;
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    // As another process would.
    let other = file.open_at(&wall)?;
    let made = thread::scope(|scope| {
        let threads: Vec<_> = [&db, &other]
            .into_iter()
            .cycle()
            .take(THREADS)
            .map(|db| {
                scope.spawn(move || -> ara::Result<Vec<Id<Todo>>> {
                    (0..ROWS).map(|_| db.create(Todo::draft().title("Milk"))).collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut ids = HashSet::new();
    for made in made {
        let made = made.map_err(|_| "a thread panicked")??;
        assert!(made.is_sorted_by(|one, next| one < next));
        ids.extend(made);
    }
    assert_eq!(ids.len(), THREADS * ROWS);
    assert_eq!(db.query::<Todo>().count()?, (THREADS * ROWS) as u64);
    verified(&other)
}

#[test]
fn an_id_may_be_given() -> Outcome {
    let db = Database::memory()?;
    let given = [Uuid::nil(), Uuid::max(), Uuid::from_u128(7)].map(Id::<Todo>::from_uuid);
    for id in given {
        assert_eq!(db.create(Todo::draft().title("Milk").id(id))?, id);
        assert_eq!(db.get(id)?.there()?.id, id);
    }
    assert_eq!(db.query::<Todo>().count()?, 3);
    verified(&db)
}

#[test]
fn rows_of_a_natural_key_are_one() -> Outcome {
    #[derive(Table)]
    struct Place {
        id: Id<Place>,
        name: Option<String>,
    }

    let home = Id::<Place>::from_key("home");
    assert_eq!(home, Id::from_key("home"));
    assert_ne!(home, Id::from_key("Home"));
    assert_ne!(home.uuid(), Id::<Todo>::from_key("home").uuid());

    let db = Database::memory()?;
    db.create(Place::draft().id(home).name("Home"))?;
    assert!(db.create(Place::draft().id(Id::from_key("home"))).is_err());
    db.upsert(Place::draft().id(Id::from_key("home")).name("My home"))?;
    assert_eq!(db.query::<Place>().one()?.name.as_deref(), Some("My home"));
    Ok(())
}

#[test]
fn a_seed_makes_the_same_ids_again() -> Outcome {
    let made = || -> ara::Result<_> {
        let db = Wall::new().options().seed(7).memory()?;
        db.create_all((0..20).map(|stars| Todo::draft().title("Milk").stars(stars)))
    };
    assert_eq!(made()?, made()?);
    Ok(())
}
