//! A version of the app that declares neither the search nor the index drops both, while a newer one uses the
//! file.

use std::thread;

use ara::prelude::*;
use ara::{Error, Table};

use support::{File, Outcome, disk, verified};

mod newer {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        #[table(search)]
        pub text: String,
        #[table(index)]
        pub stars: Option<i64>,
    }
}

mod older {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub text: String,
        pub stars: Option<i64>,
    }
}

const INDEXES: &str = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ara_index note%'";
const SEARCHES: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'ara_search_2 note(text)'";
const REGISTERED: &str = "SELECT count(*) FROM ara_index";

fn draft(text: &str) -> impl ara::Create<Table = newer::Note> {
    newer::Note::draft().text(text).stars(5)
}

fn milk(source: &impl Queries) -> ara::Result<u64> {
    source.query::<newer::Note>().search("milk").count()
}

fn starred(source: &impl Queries) -> ara::Result<u64> {
    source
        .query::<newer::Note>()
        .filter(newer::Note::stars.eq(5))
        .order_by(newer::Note::stars)
        .count()
}

fn drop_all(db: &Database, file: &File) -> Outcome {
    db.ensure::<older::Note>()?;
    assert_eq!((file.number(INDEXES)?, file.number(SEARCHES)?), (0, 0));
    assert_eq!(file.number(REGISTERED)?, 0);
    Ok(())
}

#[test]
fn the_handle_that_dropped_them_makes_them_again() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(draft("Buy milk"))?;
    assert_eq!(milk(&db)?, 1);
    for round in 0..3 {
        drop_all(&db, &file)?;
        assert_eq!(milk(&db)?, 1, "{round}");
        assert_eq!((file.number(INDEXES)?, file.number(SEARCHES)?), (1, 1), "{round}");
        assert_eq!(file.number(REGISTERED)?, 2, "{round}");
        drop_all(&db, &file)?;
        assert_eq!(starred(&db)?, 1, "{round}");
        assert_eq!((file.number(INDEXES)?, file.number(SEARCHES)?), (1, 1), "{round}");
    }
    verified(&db)?;

    let db = Database::memory()?;
    db.create(draft("Buy milk"))?;
    db.ensure::<older::Note>()?;
    assert_eq!((milk(&db)?, starred(&db)?), (1, 1));
    db.transaction(|tx| {
        tx.ensure::<older::Note>()?;
        assert_eq!((milk(tx)?, starred(tx)?), (1, 1));
        tx.ensure::<older::Note>()?;
        tx.create(draft("milk and bread"))?;
        assert_eq!((milk(tx)?, starred(tx)?), (2, 2));
        Ok(())
    })?;
    assert_eq!((milk(&db)?, starred(&db)?), (2, 2));
    Ok(())
}

#[test]
fn another_handle_makes_the_search_again() -> Outcome {
    let file = File::new()?;
    let (db, other) = (file.open()?, file.open()?);
    db.create(draft("Buy milk"))?;
    assert_eq!(milk(&db)?, 1);
    for round in 0..3 {
        drop_all(&other, &file)?;
        other.create(older::Note::draft().text("more milk"))?;
        // A missing index only makes a query slower.
        assert_eq!(starred(&db)?, 1, "{round}");
        assert_eq!(milk(&db)?, 2 + round);
        assert_eq!((file.number(INDEXES)?, file.number(SEARCHES)?), (1, 1), "{round}");
        assert_eq!(file.number(REGISTERED)?, 2, "{round}");
        drop_all(&other, &file)?;
        assert_eq!(db.transaction(|tx| milk(tx))?, 2 + round);

        drop_all(&other, &file)?;
        let id = db.create(draft("bread"))?;
        assert_eq!((file.number(INDEXES)?, file.number(SEARCHES)?), (1, 1), "{round}");
        db.delete(id)?;
    }
    let found = db.query::<newer::Note>().search("buy");
    drop_all(&other, &file)?;
    assert!(found.clone().page(None)?.rows.len() == 1);
    drop_all(&other, &file)?;
    assert!(found.clone().exists()?);
    drop_all(&other, &file)?;
    assert!(!found.explain()?.is_empty());
    verified(&db)?;
    Ok(())
}

#[test]
fn a_watch_goes_on() -> Outcome {
    let file = File::new()?;
    let db = disk::options().watch_interval(std::time::Duration::MAX).open(file.path())?;
    let other = file.open()?;
    let id = db.create(draft("Buy milk"))?;
    let found = || db.query::<newer::Note>().search("milk").select(newer::Note::id);
    let mut watch = found().watch()?;
    assert_eq!(watch.recv()?, [id]);
    for dropping in [&db, &other] {
        drop_all(dropping, &file)?;
        let more = dropping.create(older::Note::draft().text("more milk"))?;
        db.look_for_commits();
        let shown = watch.recv()?;
        assert!(shown.iter().any(|id| id.uuid() == more.uuid()));
        let before = shown.len();

        // One that begins while there is no search.
        drop_all(dropping, &file)?;
        let mut late = found().watch()?;
        assert_eq!(late.recv()?.len(), before);
        db.create(draft("milk again"))?;
        assert_eq!(late.recv()?.len(), before + 1);
        assert_eq!(watch.recv()?.len(), before + 1);
    }
    Ok(())
}

#[test]
fn who_only_reads_is_told() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(draft("Buy milk"))?;
    let reading = disk::options().read_only().open(file.path())?;
    assert_eq!((milk(&reading)?, starred(&reading)?), (1, 1));
    drop_all(&db, &file)?;
    assert_eq!(starred(&reading)?, 1);
    assert!(matches!(milk(&reading), Err(Error::NotMade { .. })));
    assert!(matches!(
        reading.query::<newer::Note>().search("milk").watch().map(drop),
        Err(Error::NotMade { .. })
    ));
    assert_eq!(milk(&db)?, 1);
    assert_eq!(milk(&reading)?, 1);
    Ok(())
}

/// A part that another program dropped, of which `ensure` tells, is made by the search that lacks it.
#[test]
fn a_lost_part_is_made_again() -> Outcome {
    let name = "ara_search_2 note(text)";
    for lost in ["", " stale", "_idx", "_data", "_config", "_docsize"] {
        let file = File::new()?;
        let db = file.open()?;
        db.create(draft("Buy milk"))?;
        assert_eq!(milk(&db)?, 1);
        file.sqlite()?.execute_batch(&format!("DROP TABLE \"{name}{lost}\""))?;
        assert_eq!(milk(&db)?, 1, "{lost}");
        assert_eq!(file.number(SEARCHES)?, 1, "{lost}");
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn they_are_dropped_while_others_search() -> Outcome {
    let file = File::new()?;
    let (db, other) = (file.open()?, file.open()?);
    db.create(draft("Buy milk"))?;
    let reading = disk::options().read_only().open(file.path())?;
    thread::scope(|scope| {
        let dropping = scope.spawn(|| (0..150).try_for_each(|_| other.ensure::<older::Note>()));
        let searching = || {
            while !dropping.is_finished() {
                assert_eq!(milk(&db)?, 1);
                let mut watch = db.query::<newer::Note>().search("milk").watch()?;
                assert_eq!(watch.recv()?.len(), 1);
                match milk(&reading) {
                    Ok(1) | Err(Error::NotMade { .. }) => {}
                    others => panic!("{others:?}"),
                }
            }
            Ok::<_, Error>(())
        };
        searching()?;
        dropping.join().expect("does not panic")
    })?;
    verified(&db)?;
    Ok(())
}
