//! Counters in JSON Lines, also where the app that reads them does not know of them.

use ara::Error;
use ara::prelude::*;

use support::{Outcome, There, agree, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    name: String,
    n: Option<Counter>,
}

/// Before articles were counted.
mod before {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Article {
        pub id: Id<Article>,
        pub name: String,
    }
}

/// With counters that stay on the device.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
struct Visit {
    id: Id<Visit>,
    n: Counter,
}

const ID: &str = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";

fn id() -> Outcome<Id<Article>> {
    Ok(ID.parse()?)
}

/// A database in which the article is counted, and what it exports.
fn exported(n: i64) -> Outcome<(Database, String)> {
    let (db, mut lines) = (Database::memory()?, Vec::new());
    db.create(Article::draft().id(id()?).name("x").n(n))?;
    db.export_json::<Article>(&mut lines)?;
    Ok((db, String::from_utf8(lines)?))
}

fn n(db: &Database) -> Outcome<Option<i64>> {
    Ok(db.get(id()?)?.there()?.n.map(i64::from))
}

fn add(db: &Database, amount: i64) -> Outcome {
    db.update(Article::patch(id()?).n(Counter::add(amount)))?;
    Ok(())
}

#[test]
fn a_counter_is_marked_and_comes_back() -> Outcome {
    let (_, lines) = exported(13)?;
    assert_eq!(lines, format!("{{\"id\":\"{ID}\",\"name\":\"x\",\"n\":{{\"counter\":13}}}}\n"));
    let db = Database::memory()?;
    let _ = db.import_json::<Article>(lines.as_bytes())?;
    add(&db, 1)?;
    assert_eq!(n(&db)?, Some(14));
    verified(&db)
}

#[test]
fn an_app_that_does_not_know_the_counter_imports_one() -> Outcome {
    let (_, lines) = exported(13)?;
    let db = Database::memory()?;
    let _ = db.import_json::<before::Article>(lines.as_bytes())?;
    let mut again = Vec::new();
    db.export_json::<before::Article>(&mut again)?;
    assert_eq!(String::from_utf8(again)?, lines);
    assert_eq!(n(&db)?, Some(13));
    add(&db, 1)?;
    assert_eq!(n(&db)?, Some(14));
    verified(&db)
}

/// Neither by the mark nor by a plain number, whatever the app declares.
#[test]
fn the_counter_of_a_row_that_is_there_is_left_alone() -> Outcome {
    let (from, lines) = exported(13)?;
    let db = Database::memory()?;
    send(&from, &db)?;
    add(&from, 2)?;
    send(&from, &db)?;
    let plain = lines.replace("{\"counter\":13}", "13").replace("\"x\"", "\"y\"");
    for lines in [&lines, &plain] {
        let _ = db.import_json::<before::Article>(lines.as_bytes())?;
        assert_eq!(n(&db)?, Some(15));
        let _ = db.import_json::<Article>(lines.as_bytes())?;
        assert_eq!(n(&db)?, Some(15));
    }
    assert_eq!(db.get(id()?)?.there()?.name.as_deref(), Some("y"));
    send(&db, &from)?;
    assert_eq!(n(&from)?, Some(15));
    agree(&db, &from)
}

/// A column that is known as a counter by what was added alone.
#[test]
fn a_plain_number_begins_the_counter_of_a_new_row() -> Outcome {
    let (from, _) = exported(13)?;
    let db = Database::memory()?;
    send(&from, &db)?;
    let other = "0194c1c2-9f3e-7d4e-8f00-0123456789ac";
    let line = format!("{{\"id\":\"{other}\",\"name\":\"z\",\"n\":5}}");
    let _ = db.import_json::<before::Article>(line.as_bytes())?;
    let other = other.parse::<Id<Article>>()?;
    db.update(Article::patch(other).n(Counter::add(2)))?;
    assert_eq!(db.get(other)?.there()?.n, Some(7.into()));
    verified(&db)
}

/// As the documentation says.
#[test]
fn what_two_devices_import_adds_up() -> Outcome {
    let (_, lines) = exported(13)?;
    let (one, other) = (Database::memory()?, Database::memory()?);
    let _ = one.import_json::<Article>(lines.as_bytes())?;
    let _ = other.import_json::<Article>(lines.as_bytes())?;
    send(&one, &other)?;
    send(&other, &one)?;
    assert_eq!((n(&one)?, n(&other)?), (Some(26), Some(26)));
    agree(&one, &other)
}

#[test]
fn a_local_counter_comes_back() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    let visit = db.create(Visit::draft().n(3))?;
    let mut lines = Vec::new();
    db.export_json::<Visit>(&mut lines)?;
    for _ in 0..2 {
        let _ = other.import_json::<Visit>(&lines[..])?;
        other.update(Visit::patch(visit).n(Counter::add(1)))?;
    }
    assert_eq!(other.get(visit)?.there()?.n, Some(5.into()));
    Ok(())
}

#[test]
fn whether_a_row_is_deleted_is_no_counter() -> Outcome {
    let (db, _) = exported(13)?;
    let line = format!("{{\"id\":\"{ID}\",\"is_deleted\":{{\"counter\":1}}}}");
    assert!(matches!(db.import_json::<Article>(line.as_bytes()), Err(Error::Line { line: 1, .. })));
    assert!(db.get(id()?)?.is_some());
    verified(&db)
}
