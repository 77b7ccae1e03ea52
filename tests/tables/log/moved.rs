//! Pieces that another program moved within the log of their node.

use std::fs;

use ara::prelude::*;
use rusqlite::Connection;

use crate::log::Todo;
use support::cases::scaled;
use support::random::Random;
use support::{File, Outcome, agree, log, send, verified};

/// The places of each node's pieces.
fn places(sqlite: &Connection) -> rusqlite::Result<Vec<Vec<i64>>> {
    let mut nodes = sqlite.prepare("SELECT DISTINCT pos >> 40 FROM ara_log")?;
    let nodes = nodes.query_map([], |row| row.get::<_, i64>(0))?;
    let mut of_node =
        sqlite.prepare("SELECT pos FROM ara_log WHERE pos >> 40 = ?1 ORDER BY pos")?;
    let mut places = |node| of_node.query_map([node], |row| row.get(0))?.collect();
    nodes.map(|node| places(node?)).collect()
}

/// Moves pieces: each from its place to one that is free then.
fn put(file: &File, moves: &[(i64, i64)]) -> Outcome {
    let steps = moves
        .iter()
        .map(|(from, to)| format!("UPDATE ara_log SET pos = -1 - {to} WHERE pos = {from};"));
    file.tamper(&format!(
        "BEGIN; {} UPDATE ara_log SET pos = -1 - pos WHERE pos < 0; COMMIT",
        steps.collect::<String>()
    ))
}

/// Small transactions, and large ones that lie in several pieces.
fn write(db: &Database, random: &mut Random) -> ara::Result<()> {
    for _ in 0..3 + random.below(3) {
        for _ in 0..random.below(8) {
            db.create(Todo::draft().title("Buy milk").stars(random.below(9) as i64))?;
        }
        let (count, title) = ([3, 1_000][random.below(2)], "Make tea ".repeat(10));
        db.create_all((0..count).map(|stars| Todo::draft().title(&*title).stars(stars)))?;
    }
    Ok(())
}

/// Both have what either has.
fn sync(one: &Database, other: &Database) -> Outcome {
    for _ in 0..2 {
        send(one, other)?;
        send(other, one)?;
    }
    let rows = |db: &Database| db.query::<Todo>().with_deleted().order_by(Todo::id).all();
    assert_eq!(rows(one)?, rows(other)?);
    agree(one, other)
}

/// In whatever order its pieces lie, a log that lacks nothing is put in order, and is the one that it was.
#[test]
fn pieces_in_any_order() -> Outcome {
    let mut random = Random::new();
    for round in 0..scaled(2) {
        println!("round {round}");
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        write(&other, &mut random)?;
        write(&db, &mut random)?;
        sync(&db, &other)?;
        let before = log::read(&file.sqlite()?)?;
        for places in places(&file.sqlite()?)? {
            let mut shuffled = places.clone();
            for at in (1..shuffled.len()).rev() {
                shuffled.swap(at, random.below(at + 1));
            }
            put(&file, &places.into_iter().zip(shuffled).collect::<Vec<_>>())?;
        }
        assert!(!db.verify()?.holds());
        db.rebuild()?;
        verified(&db)?;
        assert!(log::read(&file.sqlite()?)? == before, "the log is not as it was");
        write(&db, &mut random)?;
        sync(&db, &other)?;
    }
    Ok(())
}

/// One piece is elsewhere, and the file was written before anybody noticed. What was written has numbers that
/// were used already.
#[test]
fn a_file_is_written_before_it_is_rebuilt() -> Outcome {
    let mut random = Random::new();
    for round in 0..scaled(3) {
        println!("round {round}");
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        write(&db, &mut random)?;
        sync(&db, &other)?;
        let places = places(&file.sqlite()?)?.remove(0);
        let last = places[places.len() - 1];
        put(&file, &[(places[random.below(places.len() - 1)], last + 7)])?;
        for stars in 0..3 {
            db.create(Todo::draft().title("Call home").stars(stars))?;
        }
        let count = db.query::<Todo>().count()?;
        db.rebuild()?;
        verified(&db)?;
        log::read(&file.sqlite()?)?;
        write(&db, &mut random)?;
        sync(&db, &other)?;
        assert!(other.query::<Todo>().count()? >= count);
        assert_eq!(other.query::<Todo>().filter(Todo::title.eq("Call home")).count()?, 3);
    }
    Ok(())
}

/// The log of a node under whose id two files have written: its numbers do not ascend.
#[test]
fn pieces_of_a_node_that_forked() -> Outcome {
    let mut random = Random::new();
    for round in 0..scaled(3) {
        println!("round {round}");
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        write(&db, &mut random)?;
        drop(db);
        let before = fs::read(file.path())?;
        let db = file.open()?;
        write(&db, &mut random)?;
        send(&db, &other)?;
        drop(db);
        fs::write(file.path(), before)?;
        let db = file.open()?;
        write(&db, &mut random)?;
        sync(&db, &other)?;
        let count = db.query::<Todo>().count()?;
        let places = places(&file.sqlite()?)?.remove(0);
        let (at, to) = (random.below(places.len()), random.below(places.len()));
        put(&file, &[(places[at], places[to] + 100)])?;
        db.rebuild()?;
        verified(&db)?;
        log::read(&file.sqlite()?)?;
        write(&db, &mut random)?;
        sync(&db, &other)?;
        assert!(db.query::<Todo>().count()? > count);
        // Nobody has a change twice.
        let log = log::read(&file.sqlite()?)?;
        let mut places: Vec<_> =
            log.iter().map(|change| (change.node, change.number, change.hash)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), log.len());
    }
    Ok(())
}

/// The last piece lies where no other fits behind it: the writer goes on, and so do merges after a rebuild.
#[test]
fn the_last_place_of_a_node() -> Outcome {
    for node in [1, 2] {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        for _ in 0..3 {
            db.create(Todo::draft().title("Buy milk"))?;
            other.create(Todo::draft().title("Make tea"))?;
            send(&other, &db)?;
        }
        send(&db, &other)?;
        let last =
            file.number(&format!("SELECT max(pos) FROM ara_log WHERE pos >> 40 = {node}"))?;
        put(&file, &[(last, ((node + 1) << 40) - 1)])?;
        for _ in 0..3 {
            db.create(Todo::draft().title("Buy milk"))?;
            db.create_all((0..300).map(|stars| Todo::draft().title("Buy milk").stars(stars)))?;
            other.create(Todo::draft().title("Make tea"))?;
        }
        verified(&db)?;
        for report in send(&other, &db)? {
            assert_eq!(report.refused.len(), usize::from(node == 2), "{report:?}");
        }
        verified(&db)?;
        db.rebuild()?;
        verified(&db)?;
        sync(&db, &other)?;
        assert_eq!(db.query::<Todo>().count()?, 3 + 3 + 3 * 301 + 3);
        log::read(&file.sqlite()?)?;
    }
    Ok(())
}
