//! Lists of more values than SQLite binds one by one.

use ara::prelude::*;

use support::Outcome;

#[derive(Debug, Table)]
pub struct Song {
    pub id: Id<Song>,
    pub title: String,
    pub number: i64,
    pub length: Option<f64>,
    pub album_id: Option<Id<Album>>,
}

#[derive(Debug, Table)]
pub struct Album {
    pub id: Id<Album>,
    pub title: String,
}

const MANY: i64 = 40_000;

fn songs(db: &Database) -> Outcome<Vec<Id<Song>>> {
    let album = db.create(Album::draft().id(Id::from_key("0")).title("The only one"))?;
    let song = |number: i64| {
        let title = format!("Song\0{number}");
        Song::draft().number(number).title(title).length(1.5).album_id(album)
    };
    let mut ids = db.create_all((0..9).map(song))?;
    ids.push(db.create(Song::draft().number(9).title("Without an album"))?);
    Ok(ids)
}

#[test]
fn lists_of_each_kind_may_be_long() -> Outcome {
    let db = Database::memory()?;
    let ids = songs(&db)?;
    let count = |filter| db.query::<Song>().filter(filter).count();
    assert_eq!(count(Song::number.is_in(5..MANY))?, 5);
    assert_eq!(count(Song::number.is_not_in(5..MANY))?, 5);
    assert_eq!(count(!Song::number.is_in(5..MANY))?, 5);
    assert_eq!(count(Song::number.add(1).is_in(5..MANY))?, 6);
    assert_eq!(count(Song::title.is_in((5..MANY).map(|n| format!("Song\0{n}"))))?, 4);
    let lengths = (0..MANY).map(|n| n as f64 / 2.0);
    assert_eq!(count(Song::length.is_in(lengths.clone()))?, 9);
    assert_eq!(count(Song::length.is_not_in(lengths))?, 1);
    assert_eq!(count(Song::id.is_in((0..MANY).map(|_| ids[3])))?, 1);
    let albums = || (0..MANY).map(|n| Id::<Album>::from_key(&n.to_string()));
    assert_eq!(count(Song::album_id.is_in(albums()))?, 9);
    assert_eq!(count(Song::album_id.is_in(albums()) & Song::number.is_in(5..MANY))?, 4);
    Ok(())
}

#[test]
fn long_lists_work_wherever_filters_do() -> Outcome {
    let db = Database::memory()?;
    songs(&db)?;
    let some = || db.query::<Song>().filter(Song::number.is_in(5..MANY));
    assert_eq!(some().narrow(Song::title).order_by(Song::number).limit(2).all()?.len(), 2);
    assert_eq!(some().join(Song::album_id).count()?, 4);
    let albums = db.query::<Album>().filter(Album::id.in_query(some().select(Song::album_id)));
    assert_eq!(albums.count()?, 1);
    let with = Song::album_id.exists_where(Song::number.is_in(5..MANY));
    assert_eq!(db.query::<Album>().filter(with).with_many(Song::album_id).all()?[0].1.len(), 9);
    let all = some().select(Song::number).union(some().select(Song::number));
    assert_eq!(all.count()?, 5);
    assert_eq!(db.sql::<(i64,)>(some().select(Song::number).into_select()).all()?.len(), 5);
    let least = db.prepare(|(least,): (ara::Param<i64>,)| some().filter(Song::number.ge(least)));
    assert_eq!(least.count((7,))?, 3);
    assert_eq!(
        db.transaction(|tx| tx.query::<Song>().filter(Song::number.is_in(5..MANY)).count())?,
        5
    );

    let mut watch = some().watch()?;
    assert_eq!(watch.recv()?.len(), 5);
    let runs = watch.runs();
    db.create(Album::draft().title("Another one"))?;
    assert!(watch.try_recv()?.is_none());
    assert_eq!(watch.runs(), runs, "a list reads no table");
    db.create(Song::draft().title("One more").number(10))?;
    assert_eq!(watch.recv()?.len(), 6);
    Ok(())
}

/// The rows of each parent are found by their ids, which are as many.
#[test]
fn rows_may_have_many_parents() -> Outcome {
    let db = Database::memory()?;
    let albums = db.create_all((0..MANY).map(|n| Album::draft().title(format!("Album {n}"))))?;
    for album in [albums[0], albums[39_999]] {
        db.create(Song::draft().title("Song").number(1).album_id(album))?;
    }
    let all = db.query::<Album>().with_many(Song::album_id).all()?;
    let songs: usize = all.iter().map(|(_, songs)| songs.len()).sum();
    assert_eq!((all.len(), songs), (albums.len(), 2));
    Ok(())
}

#[test]
fn a_value_of_a_long_list_that_breaks_a_rule_is_told_with_its_column() -> Outcome {
    let db = Database::memory()?;
    let values = (0..100).map(|_| 0.5).chain([f64::NAN]);
    let refused = db.query::<Song>().filter(Song::length.is_in(values)).count();
    assert!(matches!(refused, Err(ara::Error::Rule { column: "length", .. })));
    Ok(())
}
