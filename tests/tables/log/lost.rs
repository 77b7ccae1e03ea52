//! Pieces that another program took out of the log, or put elsewhere in it.

use ara::prelude::*;

use support::{File, Outcome, agree, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    views: Counter,
}

fn view(db: &Database, article: Id<Article>, times: i64) -> ara::Result<bool> {
    db.update(Article::patch(article).views(Counter::add(times)))
}

/// Both have what either has, and hold the same.
fn sync(one: &Database, other: &Database) -> Outcome {
    for _ in 0..2 {
        send(one, other)?;
        send(other, one)?;
    }
    let rows = |db: &Database| db.query::<Article>().with_deleted().order_by(Article::id).all();
    assert_eq!(rows(one)?, rows(other)?);
    agree(one, other)
}

/// A file that another device knows all of, and an article of it that was viewed ten times.
fn made() -> Outcome<(File, Database, Id<Article>)> {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    let article = db.create(Article::draft().title("Counting").views(1))?;
    for _ in 0..9 {
        view(&db, article, 1)?;
    }
    send(&db, &other)?;
    Ok((file, other, article))
}

/// The numbers that are free again are known to others, so the file goes on under a new node, and nothing forks.
#[test]
fn the_last_pieces_of_the_node_that_writes() -> Outcome {
    for lost in [1, 2, 5, 100] {
        let (file, other, article) = made()?;
        let db = file.open()?;
        file.tamper(&format!(
            "DELETE FROM ara_log WHERE pos IN (SELECT pos FROM ara_log ORDER BY pos DESC LIMIT {lost})"
        ))?;
        let before = db.node()?;
        db.rebuild()?;
        verified(&db)?;
        let node = db.node()?;
        assert_ne!(node, before, "{lost} pieces");
        view(&db, article, 100)?;
        db.create(Article::draft().title("Another").views(0))?;
        sync(&db, &other)?;
        view(&db, article, 1_000)?;
        sync(&db, &other)?;
        let views = other.get(article)?.and_then(|article| article.views).map(Counter::get);
        assert_eq!(views, Some(if lost == 100 { 1_010 } else { 1_110 }));
        assert_eq!(file.number("SELECT max(forked) FROM ara_node")?, 0, "{lost} pieces");
        db.rebuild()?;
        assert_eq!(db.node()?, node, "nothing is lost any more");
    }
    Ok(())
}

/// As long as the log is whole, the file goes on under its node, whatever became of its tables.
#[test]
fn a_whole_log_keeps_its_node() -> Outcome {
    for sql in [
        "UPDATE article SET views = 77",
        "DELETE FROM article",
        "DELETE FROM ara_counter",
        "UPDATE article SET ara_clock = x'00'",
        "DROP TABLE article; UPDATE ara_counter SET low = 0",
        "ALTER TABLE article DROP COLUMN views; DELETE FROM ara_counter",
    ] {
        let (file, other, article) = made()?;
        let db = file.open()?;
        let node = db.node()?;
        file.tamper(sql)?;
        db.rebuild()?;
        verified(&db)?;
        assert_eq!(db.node()?, node, "{sql}");
        view(&db, article, 1)?;
        sync(&db, &other)?;
    }
    Ok(())
}

/// The log ends within a transaction. What is left of that goes, and comes back with the rest.
#[test]
fn the_last_pieces_of_a_transaction() -> Outcome {
    for lost in [1, 2, 3] {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        db.create(Article::draft().title("Counting").views(1))?;
        let title = "Counting ".repeat(10);
        db.create_all((0..1_000).map(|views| Article::draft().title(&*title).views(views)))?;
        send(&db, &other)?;
        file.tamper(&format!(
            "DELETE FROM ara_log WHERE pos IN (SELECT pos FROM ara_log ORDER BY pos DESC LIMIT {lost})"
        ))?;
        db.rebuild()?;
        verified(&db)?;
        assert_eq!(db.query::<Article>().count()?, 1);
        db.create(Article::draft().title("Another").views(0))?;
        sync(&db, &other)?;
        assert_eq!(db.query::<Article>().count()?, 1_002);
        assert_eq!(file.number("SELECT max(forked) FROM ara_node")?, 0, "{lost} pieces");
    }
    Ok(())
}
