//! Rows whose clocks another program has overwritten: they stop neither what arrives nor what is written here.

use ara::prelude::*;

use crate::merge::same;
use support::{File, Outcome, agree, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    views: Counter,
    again: Option<i64>,
}

/// The clock is no clock, the dates are no dates, or a node is told that there is not.
const DAMAGES: [&str; 5] = [
    "ara_clock = x'01'",
    "ara_clock = 'soon'",
    "created_at = 'soon', updated_at = x'01'",
    "ara_clock = CAST(substr(ara_clock, 1, 9) || x'7e' || substr(ara_clock, 11) AS BLOB)",
    "ara_clock = x'', views = 77, title = NULL",
];

fn view(db: &Database, article: Id<Article>) -> ara::Result<bool> {
    db.update(Article::patch(article).views(Counter::add(1)))
}

/// Two articles that a file and another device know, each viewed twice.
fn made() -> Outcome<(File, Database, [Id<Article>; 2])> {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    let mut articles = Vec::new();
    for title in ["Counting", "Thinking"] {
        let article = db.create(Article::draft().title(title).views(1))?;
        send(&db, &other)?;
        view(&other, article)?;
        send(&other, &db)?;
        articles.push(article);
    }
    Ok((file, other, [articles[0], articles[1]]))
}

fn damage(file: &File, sql: &str, article: Id<Article>) -> Outcome {
    let id = article.to_string().replace('-', "");
    file.tamper(&format!("UPDATE article SET {sql} WHERE hex(id) = upper('{id}')"))
}

/// What arrives is folded in, for that row as well, and so are all others.
#[test]
fn what_arrives_is_merged() -> Outcome {
    for sql in DAMAGES {
        let (file, other, [one, another]) = made()?;
        let db = file.open()?;
        damage(&file, sql, one)?;
        for article in [one, another] {
            view(&other, article)?;
            other.update(Article::patch(article).again(5))?;
        }
        for report in send(&other, &db)? {
            assert!(report.refused.is_empty(), "{sql}: {report:?}");
        }
        agree(&db, &other).map_err(|error| format!("{sql}: {error}"))?;
        for article in [one, another] {
            assert_eq!(db.get(article)?, other.get(article)?, "{sql}");
        }
    }
    Ok(())
}

/// A row is written here: first it is as its log says, and then what is written comes to it.
#[test]
fn what_is_written_here_is_written() -> Outcome {
    type Write = fn(&Database, Id<Article>) -> ara::Result<()>;
    let writes: [Write; 9] = [
        |db, article| view(db, article).map(drop),
        |db, article| db.update(Article::patch(article).again(7)).map(drop),
        |db, article| db.delete(article).map(drop),
        |db, article| db.upsert(Article::draft().id(article).title("More").views(0)).map(drop),
        |db, article| db.delete(article).and_then(|_| db.restore(article)).map(drop),
        |db, article| {
            db.transaction(|tx| {
                tx.create(Article::draft().title("Beside").views(3))?;
                tx.update(Article::patch(article).again(8))?;
                tx.update(Article::patch(article).again(9))?;
                Ok(())
            })
        },
        |db, article| {
            let line = format!(r#"{{"id":"{article}","title":"More","again":4}}"#);
            db.import_json::<Article>(line.as_bytes()).map(drop)
        },
        |db, article| {
            let made = db.history(article)?.first().expect("it was created").transaction;
            let undone = db.undo(made)?;
            assert_eq!(db.get(article)?, None, "{undone:?}");
            Ok(())
        },
        |db, article| {
            let viewed = db.history(article)?.last().expect("it was viewed").transaction;
            let undone = db.undo(viewed)?;
            assert_eq!(undone.written, 1, "{undone:?}");
            Ok(())
        },
    ];
    // Of this one, the last change has a stamp that none has.
    let at_the_end = "ara_clock = CAST(x'7f' || substr(ara_clock, 2) AS BLOB)";
    // Which nodes there are, only a merge asks.
    let is_found =
        |sql: &&str| sql.starts_with("ara_clock") && !sql.starts_with("ara_clock = CAST");
    let damages = DAMAGES.into_iter().filter(is_found);
    for sql in damages.chain([at_the_end]) {
        for (at, write) in writes.into_iter().enumerate() {
            let (file, other, [one, another]) = made()?;
            let db = file.open()?;
            damage(&file, sql, one)?;
            write(&db, one).map_err(|error| format!("{at}, {sql}: {error}"))?;
            write(&db, another)?;
            send(&db, &other)?;
            agree(&db, &other).map_err(|error| format!("{at}, {sql}: {error}"))?;
            let rows =
                |db: &Database| db.query::<Article>().with_deleted().order_by(Article::id).all();
            assert_eq!(rows(&db)?, rows(&other)?, "{at}, {sql}");
        }
    }
    Ok(())
}

/// Only the last stamp there is lets a row be forgotten that is not deleted.
#[test]
fn a_row_that_only_seems_to_have_the_last_stamp_is_not_forgotten() -> Outcome {
    let (file, _, [one, _]) = made()?;
    let db = file.open()?;
    damage(&file, "ara_clock = CAST(x'7f' || substr(ara_clock, 2) AS BLOB)", one)?;
    assert!(!db.forget(one)?);
    assert!(db.get(one)?.is_some());
    Ok(())
}

/// That a transaction is undone is in a row of ara's own.
#[test]
fn what_was_undone_is_done_again_and_undone() -> Outcome {
    for sql in ["ara_clock = x'01'", "ara_clock = 'soon'", "ara_clock = x''"] {
        let (file, other, [one, _]) = made()?;
        let db = file.open()?;
        db.update(Article::patch(one).again(7))?;
        let edited = db.last_transaction()?.expect("was edited");
        let undone = db.undo(edited)?.transaction.expect("was undone");
        for (transaction, again) in [(undone, Some(7)), (edited, None)] {
            file.tamper(&format!("UPDATE ara_undone SET {sql}"))?;
            let _ = db.undo(transaction).map_err(|error| format!("{sql}: {error}"))?;
            assert_eq!(db.get(one)?.and_then(|row| row.again), again, "{sql}");
        }
        send(&db, &other)?;
        agree(&db, &other)?;
    }
    Ok(())
}

/// A `create` finds that the row is there.
#[test]
fn a_row_that_is_there_is_told() -> Outcome {
    let (file, _, [one, _]) = made()?;
    let db = file.open()?;
    damage(&file, DAMAGES[0], one)?;
    let created = db.create(Article::draft().id(one).title("Again").views(0));
    assert!(matches!(created, Err(ara::Error::Exists { .. })), "{created:?}");
    Ok(())
}

/// Where the log cannot be read either, the row stays as it is, and its writes alone are refused.
#[test]
fn a_damaged_row_of_a_damaged_log() -> Outcome {
    let (file, other, [one, another]) = made()?;
    let db = file.open()?;
    damage(&file, DAMAGES[0], one)?;
    file.tamper("UPDATE ara_log SET data = x'01' WHERE pos = (SELECT min(pos) FROM ara_log)")?;
    let error = view(&db, one).expect_err("is damaged");
    assert!(matches!(error, ara::Error::Corrupt), "{error:?}");
    assert!(view(&db, another)?);
    view(&other, one)?;
    view(&other, another)?;
    for report in send(&other, &db)? {
        assert!(report.refused.is_empty(), "{report:?}");
    }
    assert!(!db.verify()?.holds());
    db.rebuild()?;
    for _ in 0..2 {
        send(&db, &other)?;
        send(&other, &db)?;
    }
    agree(&db, &other)?;
    assert_eq!(db.get(one)?, other.get(one)?);
    same(&db, &other)
}
