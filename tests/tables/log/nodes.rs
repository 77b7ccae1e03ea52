//! Node ids: who wrote a change.

use std::collections::HashSet;
use std::fs;

use ara::Reason;
use ara::prelude::*;
use rusqlite::types::Value;

use crate::log::Todo;
use support::{File, Outcome, There, Wall, log, rows, send, verified};

fn node(file: &File) -> Outcome<Value> {
    file.value(
        "SELECT id FROM ara_node WHERE ordinal = (SELECT value FROM ara_meta WHERE key = 'node')",
    )
}

/// Puts a copy of a file beside the test, as a backup or a new device would get it.
fn copy(file: &File) -> Outcome<File> {
    let copy = File::new()?;
    // All that was written is in the file once it is closed.
    fs::copy(file.path(), copy.path())?;
    Ok(copy)
}

#[test]
fn a_file_keeps_its_node() -> Outcome {
    let file = File::new()?;
    file.open()?.create(Todo::draft().title("Milk"))?;
    let first = node(&file)?;
    let Value::Blob(id) = &first else { panic!("{first:?}") };
    assert_eq!(id.len(), 16);
    for _ in 0..3 {
        let (db, other) = (file.open()?, file.open()?);
        db.create(Todo::draft().title("Milk"))?;
        other.create(Todo::draft().title("Bread"))?;
        assert_eq!(node(&file)?, first);
    }
    assert_eq!(file.number("SELECT count(*) FROM ara_node")?, 1);
    assert_eq!(file.number("SELECT count(DISTINCT pos >> 40) FROM ara_log")?, 1);
    // Moved, it is the same file still.
    fs::rename(file.path(), file.path().with_extension("moved"))?;
    fs::rename(file.path().with_extension("moved"), file.path())?;
    file.open()?.create(Todo::draft().title("Milk"))?;
    assert_eq!(node(&file)?, first);
    Ok(())
}

#[test]
fn no_two_files_have_the_same_node() -> Outcome {
    let mut nodes = HashSet::new();
    for _ in 0..20 {
        let file = File::new()?;
        file.open()?;
        nodes.insert(format!("{:?}", node(&file)?));
    }
    assert_eq!(nodes.len(), 20);
    Ok(())
}

#[test]
fn a_copy_writes_under_a_node_of_its_own() -> Outcome {
    let wall = Wall::new();
    let file = File::new()?;
    let id = file.open_at(&wall)?.create(Todo::draft().title("Milk"))?;
    let copied = copy(&file)?;
    // A clock that is behind the log of the copy.
    wall.advance(-1_000);
    let db = copied.open_at(&wall)?;
    assert_ne!(node(&copied)?, node(&file)?);
    db.update(Todo::patch(id).stars(1))?;
    db.update(Todo::patch(id).stars(2))?;
    let log = log::read(&copied.sqlite()?)?;
    assert!(log.is_sorted_by(|one, next| one.stamp < next.stamp));
    let [first, second, third] = &log[..] else { panic!("{log:?}") };
    assert_ne!(first.node, second.node);
    assert_eq!(second.node, third.node);
    // Each node counts its own changes, and its digest is of these.
    assert_eq!([first.number, second.number, third.number], [1, 1, 2]);
    assert_eq!((second.digest, third.digest), (second.hash, second.hash ^ third.hash));
    let clocks = log::clocks(&copied.sqlite()?, "todo", id.uuid().as_bytes())?;
    assert_eq!(clocks["title"], (first.stamp, first.node.unsigned_abs()));
    assert_eq!(clocks["stars"], (third.stamp, third.node.unsigned_abs()));
    verified(&db)
}

/// The vector of a file tells of each node how far its changes are known.
#[test]
fn the_nodes_of_earlier_copies_are_kept_as_they_ended() -> Outcome {
    let wall = Wall::new();
    let mut file = File::new()?;
    file.open_at(&wall)?.create(Todo::draft().title("Milk"))?;
    // The second copy never writes.
    for writes in [true, false, true, true] {
        wall.advance(1_000);
        file = copy(&file)?;
        let db = file.open_at(&wall)?;
        if writes {
            db.create(Todo::draft().title("Bread"))?;
            db.create(Todo::draft().title("Rye"))?;
        }
        verified(&db)?;
    }
    let sqlite = file.sqlite()?;
    let log = log::read(&sqlite)?;
    let own = file.number("SELECT value FROM ara_meta WHERE key = 'node'")?;
    let kept = rows(&sqlite, "SELECT ordinal, last, digest FROM ara_node")?;
    assert_eq!(kept.len(), 5);
    for node in kept {
        let [Value::Integer(node), Value::Integer(last), Value::Integer(digest)] = node[..] else {
            panic!("{node:?}")
        };
        if node == own {
            continue;
        }
        let of_node: Vec<_> = log.iter().filter(|change| change.node == node).collect();
        assert_eq!(last, of_node.last().map_or(0, |change| change.number), "node {node}");
        let expected = of_node.iter().fold(0, |digest, change| digest ^ change.hash);
        assert_eq!(digest.cast_unsigned(), expected, "node {node}");
    }
    let places: HashSet<_> = log.iter().map(|change| (change.node, change.number)).collect();
    assert_eq!(places.len(), log.len());
    file.open_at(&wall)?.query::<Todo>().first()?.there()?;
    Ok(())
}

/// A position holds an ordinal of 23 bits. The last node that a file has room for is one like others. Those that
/// come after it are refused, and nothing else is.
#[test]
fn a_file_has_room_for_so_many_nodes() -> Outcome {
    const LAST: i64 = (1 << 23) - 1;
    let file = File::new()?;
    let (db, last, late) = (file.open()?, Database::memory()?, Database::memory()?);
    db.create(Todo::draft().title("Milk"))?;
    file.tamper(&format!(
        "INSERT INTO ara_node (ordinal, id) VALUES ({LAST} - 1, randomblob(16))"
    ))?;
    last.create(Todo::draft().title("Tea"))?;
    send(&last, &db)?;
    assert_eq!(file.number("SELECT max(pos) >> 40 FROM ara_log")?, LAST);
    send(&last, &late)?;
    late.create(Todo::draft().title("Bread"))?;
    last.create(Todo::draft().title("Jam"))?;
    for from in [&late, &last] {
        for report in send(from, &db)? {
            let reasons: Vec<_> = report.refused.iter().map(|refused| refused.reason).collect();
            let is_late = std::ptr::eq(from, &late);
            assert_eq!(reasons, if is_late { vec![Reason::TooManyNodes] } else { vec![] });
        }
    }
    db.create(Todo::draft().title("Milk"))?;
    assert_eq!(db.query::<Todo>().count()?, 4);
    verified(&db)?;
    db.rebuild()?;
    verified(&db)?;
    drop(db);
    // A copy cannot write under the node of the file.
    let copied = copy(&file)?.open();
    assert!(matches!(copied, Err(ara::Error::TooManyNodes)), "{copied:?}");
    Ok(())
}
