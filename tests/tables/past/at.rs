//! The database as it was at a time.

use ara::prelude::*;
use ara::{Error, Past, Timestamp};

use crate::past::{Setting, Todo, after};
use support::{File, Outcome, There, Wall, disk, send};

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millis(Wall::START + millis)
}

/// A row: its title, its stars, and its times since the start.
type Row = (String, Option<i64>, i64, i64);

fn rows(db: &impl Queries) -> Outcome<Vec<Row>> {
    let rows = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title).all()?;
    let since = |time: Timestamp| time.millis() - Wall::START;
    Ok(rows
        .into_iter()
        .map(|row| (row.title, row.stars, since(row.created_at), since(row.updated_at)))
        .collect())
}

fn deleted(db: &Past) -> Outcome<u64> {
    Ok(db.query::<Todo>().only_deleted().count()?)
}

fn tell_the_past(db: &Database, wall: &Wall) -> Outcome {
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    wall.advance(10);
    db.update(Todo::patch(milk).stars(2))?;
    let tea = db.create(Todo::draft().title("Make tea"))?;
    wall.advance(10);
    db.delete(milk)?;
    db.update(Todo::patch(tea).title("Tea").stars(3))?;
    wall.advance(10);
    db.restore(milk)?;

    let milk = |stars, updated| ("Buy milk".to_owned(), Some(stars), 0, updated);
    let tea = ("Make tea".to_owned(), None, 10, 10);
    let later = ("Tea".to_owned(), Some(3), 10, 20);
    assert_eq!(rows(&db.at(moment(-1)))?, []);
    assert_eq!(rows(&db.at(Timestamp::MIN))?, []);
    assert_eq!(rows(&db.at(moment(0)))?, [milk(1, 0)]);
    assert_eq!(rows(&db.at(moment(9)))?, [milk(1, 0)]);
    assert_eq!(rows(&db.at(moment(10)))?, [milk(2, 10), tea]);
    let past = db.at(moment(20));
    assert_eq!((rows(&past)?, deleted(&past)?), (vec![later], 1));
    for time in [moment(30), Timestamp::MAX] {
        assert_eq!(rows(&db.at(time))?, rows(db)?);
    }
    // It stays what it was when it was first read.
    db.create(Todo::draft().title("Think"))?;
    assert_eq!(deleted(&past)?, 1);
    Ok(())
}

#[test]
fn each_time_has_its_rows() -> Outcome {
    let wall = Wall::new();
    tell_the_past(&wall.options().memory()?, &wall)?;
    let (file, wall) = (File::new()?, Wall::new());
    tell_the_past(&file.open_at(&wall)?, &wall)
}

#[test]
fn what_came_later_and_was_written_before_is_there() -> Outcome {
    let (early, late) = (after(0, 1)?, after(1000, 2)?);
    early.create(Todo::draft().title("Buy milk"))?;
    late.create(Todo::draft().title("Make tea"))?;
    assert_eq!(rows(&late.at(moment(500)))?.len(), 0);
    send(&early, &late)?;
    assert_eq!(rows(&late.at(moment(500)))?.len(), 1);
    Ok(())
}

/// One of 70,000 changes takes more than one millisecond of the clock.
#[test]
fn a_transaction_is_there_as_a_whole_or_not_at_all() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().seed(1).memory()?;
    db.create(Todo::draft().title("before"))?;
    wall.advance(10);
    db.create_all((0..70_000_i64).map(|n| Todo::draft().title("during").stars(n)))?;
    // `at` of now or later is the present.
    assert_eq!(db.at(moment(10)).query::<Todo>().count()?, 70_001);
    wall.advance(10);
    for (millis, count) in [(-1, 0), (0, 1), (9, 1), (10, 70_001), (11, 70_001), (20, 70_001)] {
        assert_eq!(db.at(moment(millis)).query::<Todo>().count()?, count, "{millis}");
    }
    Ok(())
}

mod later {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: String,
        pub notes: Option<String>,
        pub category: Option<Id<Category>>,
    }

    #[derive(Debug, Table)]
    pub struct Category {
        pub id: Id<Category>,
        pub name: String,
    }
}

#[test]
fn structs_that_came_later_read_it_too() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    let past = db.at(Timestamp::now());
    assert_eq!(past.query::<Todo>().count()?, 1);
    assert_eq!(past.query::<later::Category>().count()?, 0);
    let row = past.query::<later::Todo>().narrow(later::Todo::title).one()?;
    assert_eq!((row.title.as_str(), row.notes), ("Buy milk", None));
    // The file has not heard of them.
    assert_eq!(db.schema()?.tables.len(), 1);
    let joined = past.query::<later::Todo>().join(later::Todo::category).count()?;
    assert_eq!(joined, 0);
    assert_eq!(past.sql::<(i64,)>("SELECT count(*) FROM category").one()?, (0,));
    Ok(())
}

#[test]
fn sql_by_hand_reads_the_past_alone() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    db.create(Setting::draft().name("dark"))?;
    wall.advance(10);
    db.update(Todo::patch(milk).title("Buy oat milk"))?;
    let past = db.at(moment(0));
    let titles = past.sql::<(String,)>("SELECT title FROM todo").all()?;
    assert_eq!(titles, [("Buy milk".to_owned(),)]);
    let select = past.query::<Todo>().select(Todo::title).into_select();
    assert_eq!(past.sql::<(String,)>(select).all()?, titles);
    for table in ["ara_local_setting", "ara_log"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert!(past.sql::<(i64,)>(sql).all().is_err());
    }
    assert!(matches!(past.sql::<(i64,)>("DELETE FROM todo").all(), Err(Error::RawWrite)));
    Ok(())
}

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
}

#[test]
fn what_is_of_the_present_alone_is_refused() -> Outcome {
    let db = Database::memory()?;
    db.create(Note::draft().text("Buy milk"))?;
    let past = db.at(Timestamp::now());
    let searched = past.query::<Note>().search("milk").all();
    let message = searched.err().there()?.to_string();
    assert!(message.contains("the search of table `note`"), "{message}");
    assert!(matches!(past.query::<Setting>().all(), Err(Error::OnlyNow { .. })));
    assert!(matches!(past.query::<Note>().watch(), Err(Error::WatchedTransaction)));
    assert_eq!(past.query::<Note>().count()?, 1);
    let inside = db.transaction(|_| past.query::<Todo>().all().map(|rows| rows.len()));
    assert!(matches!(inside, Err(Error::InsideTransaction)), "{inside:?}");
    Ok(())
}

#[test]
fn queries_of_every_kind_read_it() -> Outcome {
    use later::{Category, Todo};
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let home = db.create(Category::draft().name("Home"))?;
    let milk = db.create(Todo::draft().title("Buy milk").category(home))?;
    wall.advance(10);
    db.update(Category::patch(home).name("House"))?;
    db.delete(milk)?;
    let past = db.at(moment(0));
    let joined = past.query::<Todo>().join(Todo::category).narrow(Category::name);
    assert_eq!(joined.one()?.1.name, "Home");
    let many = past.query::<Category>().with_many(Todo::category).all()?;
    assert_eq!(many[0].1.len(), 1);
    let named = past.prepare(|(name,): (ara::Param<String>,)| {
        past.query::<Category>().filter(Category::name.eq(name))
    });
    assert_eq!((named.count(("Home",))?, named.count(("House",))?), (1, 0));
    assert!(past.query::<Todo>().find(milk)?.is_some());
    Ok(())
}

#[test]
fn a_file_that_is_read_only_has_its_past_too() -> Outcome {
    let (file, wall, folder) = (File::new()?, Wall::new(), tempfile::tempdir()?);
    let db = file.open_at(&wall)?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    wall.advance(10);
    db.update(Todo::patch(milk).stars(2))?;
    drop(db);
    let db = disk::options().read_only().open(file.path())?;
    assert_eq!(rows(&db.at(moment(0)))?.len(), 1);
    assert_eq!(db.history(milk)?.len(), 2);
    assert!(db.set_aside()?.is_empty());
    db.backup(folder.path().join("copy.db"))?;
    assert!(matches!(db.rebuild(), Err(Error::OpenedReadOnly)));
    assert!(matches!(db.undo(db.history(milk)?[0].transaction), Err(Error::OpenedReadOnly)));
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
    Ok(())
}

#[test]
fn threads_can_share_it() -> Outcome {
    let db = after(0, 1)?;
    db.create(Todo::draft().title("Buy milk"))?;
    let past = db.at(moment(0));
    std::thread::scope(|scope| {
        let counts = [(); 4].map(|()| scope.spawn(|| past.query::<Todo>().count()));
        counts.into_iter().try_for_each(|count| {
            assert_eq!(count.join().map_err(|_| "panicked")??, 1);
            Ok(())
        })
    })
}

/// Also by what was built before.
#[test]
fn what_was_forgotten_since_is_not_shown() -> Outcome {
    for then in [moment(5), Timestamp::MAX] {
        let wall = Wall::new();
        let (db, other) = (wall.options().memory()?, wall.options().memory()?);
        let id = db.create(Todo::draft().title("secret").stars(1))?;
        db.create(Todo::draft().title("kept"))?;
        wall.advance(10);
        send(&db, &other)?;
        let titles = |past: &Past| {
            let todos = past.query::<Todo>().with_deleted();
            todos.filter(Todo::title.is_not_null()).order_by(Todo::title).select(Todo::title).all()
        };
        let secrets = |past: &Past| {
            past.sql::<(i64,)>("SELECT count(*) FROM todo WHERE title = 'secret'").one()
        };
        let pasts = [db.at(then), other.at(then)];
        for past in &pasts {
            assert_eq!(titles(past)?, [Some("kept".to_owned()), Some("secret".to_owned())]);
            assert_eq!(secrets(past)?, (1,));
        }
        db.delete(id)?;
        assert!(db.forget(id)?);
        send(&db, &other)?;
        for (past, db) in pasts.iter().zip([&db, &other]) {
            assert_eq!((titles(past)?, secrets(past)?), (vec![Some("kept".to_owned())], (0,)));
            // It is not the present that is built.
            db.create(Todo::draft().title("later"))?;
            assert_eq!(titles(past)?, [Some("kept".to_owned())]);
        }
    }
    Ok(())
}
