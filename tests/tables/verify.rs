//! `verify` finds whatever was changed behind ara's back.

use ara::What;
use ara::prelude::*;

use support::log::piece::{Packed, Piece};
use support::{File, Outcome, There, Wall, log, verified};

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
    done: Option<bool>,
    stars: Option<i64>,
    score: Option<f64>,
}

#[derive(Table)]
struct Tag {
    id: Id<Tag>,
    name: String,
}

/// A file in which rows were created, changed, cleared, deleted and restored, alone and together. Only
/// the log's own stamps tell its rows apart.
fn busy_file() -> Outcome<File> {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let ids = db.create_all((0..3).map(|stars| Todo::draft().title("Milk").stars(stars)))?;
    wall.advance(10);
    db.update(Todo::patch(ids[0]).score(0.5).done(true))?;
    wall.advance(10);
    db.transaction(|tx| {
        tx.update(Todo::patch(ids[1]).title("Bread").stars(None))?;
        tx.create(Tag::draft().name("home"))?;
        tx.delete(ids[2])
    })?;
    wall.advance(10);
    db.delete(ids[0])?;
    db.restore(ids[0])?;
    db.update(Todo::patch(ids[1]).stars(9))?;
    verified(&db)?;
    drop(db);
    Ok(file)
}

/// What `verify` finds after this SQL.
fn found_after(sql: &str) -> Outcome<Vec<What>> {
    let file = busy_file()?;
    file.tamper(sql)?;
    let found = file.open()?.verify()?;
    assert_eq!(found.holds(), found.differences.is_empty());
    for difference in &found.differences {
        assert!(!difference.to_string().is_empty());
    }
    Ok(found.differences.iter().map(|difference| difference.what).collect())
}

/// What `verify` finds after the log was changed behind ara's back, with checksums that are right.
fn found_after_forging(change: impl FnOnce(&mut Vec<Piece>)) -> Outcome<Vec<What>> {
    let file = busy_file()?;
    file.forge(change)?;
    let found = file.open()?.verify()?;
    Ok(found.differences.iter().map(|difference| difference.what).collect())
}

/// One of these is found, beside what else follows from it.
fn finds(sql: &str, what: &[What]) -> Outcome {
    let found = found_after(sql)?;
    if found.iter().any(|found| what.contains(found)) {
        return Ok(());
    }
    Err(format!("{sql}: expected one of {what:?}, found {found:?}").into())
}

#[test]
fn what_nobody_touched_holds() -> Outcome {
    let found = busy_file()?.open()?.verify()?;
    assert!(found.holds());
    assert_eq!((found.changes, found.rows), (10, 4));
    let empty = Database::memory()?.verify()?;
    assert_eq!((empty.holds(), empty.changes, empty.rows), (true, 0, 0));
    Ok(())
}

#[test]
fn a_changed_value() -> Outcome {
    for sql in [
        "UPDATE todo SET title = 'Oat milk' WHERE title = 'Bread'",
        "UPDATE todo SET title = NULL WHERE title = 'Bread'",
        "UPDATE todo SET done = 0 WHERE done = 1",
        "UPDATE todo SET stars = 9.0 WHERE stars = 9",
        "UPDATE todo SET stars = '9' WHERE stars = 9",
        "UPDATE todo SET stars = x'39' WHERE stars = 9",
        "UPDATE todo SET score = -score WHERE score > 0",
        "UPDATE todo SET score = 1 WHERE score IS NULL",
        "UPDATE todo SET is_deleted = 0 WHERE is_deleted = 1",
        "UPDATE todo SET is_deleted = 1 WHERE is_deleted = 0",
        "UPDATE todo SET is_deleted = NULL WHERE stars = 9",
        "UPDATE tag SET name = 'Home'",
        "UPDATE todo SET created_at = created_at - 1 WHERE stars = 9",
        "UPDATE todo SET created_at = created_at + 1 WHERE stars = 9",
        "UPDATE todo SET created_at = NULL WHERE stars = 9",
        "UPDATE todo SET updated_at = updated_at + 1 WHERE stars = 9",
        "UPDATE todo SET updated_at = created_at WHERE stars = 9",
        "UPDATE todo SET updated_at = CAST(updated_at AS REAL) WHERE stars = 9",
    ] {
        finds(sql, &[What::Value])?;
    }
    Ok(())
}

#[test]
fn a_difference_names_its_place_and_no_value() -> Outcome {
    let file = busy_file()?;
    file.tamper("UPDATE todo SET title = 'Secret' WHERE title = 'Bread'")?;
    let found = file.open()?.verify()?;
    let [difference] = &found.differences[..] else { return Err(format!("{found:?}").into()) };
    assert_eq!(difference.table.as_deref(), Some("todo"));
    assert_eq!(difference.column.as_deref(), Some("title"));
    assert_eq!(
        difference.to_string(),
        "column `todo.title`: a value is not the one that was written last"
    );
    assert!(!format!("{found:?}").contains("Secret"));
    Ok(())
}

#[test]
fn any_bit_of_a_clock() -> Outcome {
    let file = busy_file()?;
    let db = file.open()?;
    let sqlite = file.sqlite()?;
    let select = "SELECT ara_clock FROM todo WHERE stars = 9";
    let clock: Vec<u8> = sqlite.query_row(select, [], |row| row.get(0))?;
    let mut write = sqlite.prepare("UPDATE todo SET ara_clock = ?1 WHERE stars = 9")?;
    let changed = (0..clock.len() * 8).map(|bit| {
        let mut changed = clock.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    });
    let cut = (0..clock.len()).map(|length| clock[..length].to_vec());
    for changed in changed.chain(cut).chain([[&clock[..], &clock[..]].concat()]) {
        write.execute([&changed])?;
        let found = db.verify()?;
        assert!(
            found.differences.iter().any(|difference| difference.what == What::Clock),
            "{clock:?} passes as {changed:?}"
        );
    }
    write.execute([&clock])?;
    verified(&db)
}

#[test]
fn rows_that_come_and_go() -> Outcome {
    finds("DELETE FROM todo WHERE stars = 9", &[What::MissingRow])?;
    finds("DELETE FROM todo WHERE is_deleted = 1", &[What::MissingRow])?;
    finds("DELETE FROM todo", &[What::MissingRow])?;
    for id in ["zeroblob(16)", "x'ffffffffffffffffffffffffffffffff'", "x'00'"] {
        let sql = format!(
            "INSERT INTO todo SELECT NULL, {id}, ara_clock, created_at, updated_at, is_deleted, title, \
             done, stars, score FROM todo WHERE stars = 9"
        );
        finds(&sql, &[What::UnknownRow])?;
    }
    finds("UPDATE todo SET id = zeroblob(16) WHERE stars = 9", &[What::UnknownRow])?;

    let file = busy_file()?;
    file.sqlite()?.execute_batch("DROP TABLE tag")?;
    let found = file.open()?.verify()?;
    assert!(found.differences.iter().any(|difference| difference.what == What::MissingTable));
    Ok(())
}

#[test]
fn a_change_that_is_gone() -> Outcome {
    for at in 0..busy_file()?.logged()? {
        let found = found_after_forging(|pieces| {
            let mut left = at;
            for piece in &mut *pieces {
                if left < piece.changes.len() {
                    piece.changes.remove(left);
                    piece.first = piece.changes.first().map_or(piece.first, |first| first.number);
                    break;
                }
                left -= piece.changes.len();
            }
            pieces.retain(|piece| !piece.changes.is_empty());
        })?;
        assert!(!found.is_empty(), "nothing is found when change {at} is gone");
    }
    let pieces = log::piece::pieces(&busy_file()?.sqlite()?)?.len();
    for at in 0..pieces {
        let sql = format!(
            "DELETE FROM ara_log WHERE pos = (SELECT pos FROM ara_log LIMIT 1 OFFSET {at})"
        );
        assert!(!found_after(&sql)?.is_empty(), "nothing is found when piece {at} is gone");
    }
    finds("DELETE FROM ara_log", &[What::UnknownRow])
}

#[test]
fn any_bit_of_the_log() -> Outcome {
    let file = busy_file()?;
    let db = file.open()?;
    let sqlite = file.sqlite()?;
    let pieces: Vec<(i64, i64, Vec<u8>)> = sqlite
        .prepare("SELECT pos, first, data FROM ara_log")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut write = sqlite.prepare("UPDATE ara_log SET first = ?2, data = ?3 WHERE pos = ?1")?;
    for (pos, first, data) in &pieces {
        for bit in 0..data.len() * 8 {
            let mut changed = data.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            write.execute((pos, first, &changed))?;
            assert!(!db.verify()?.holds(), "{data:?} passes as {changed:?}");
        }
        for bit in 0..64 {
            write.execute((pos, first ^ 1 << bit, data))?;
            assert!(!db.verify()?.holds(), "{first} passes with another bit {bit}");
        }
        write.execute((pos, first, data))?;
    }
    verified(&db)
}

/// A checksum can be set right: the hash of the change is not.
#[test]
fn any_bit_of_a_change() -> Outcome {
    let file = busy_file()?;
    let db = file.open()?;
    let sqlite = file.sqlite()?;
    let all = log::piece::pieces(&sqlite)?;
    for (of, piece) in all.iter().enumerate() {
        for (at, change) in piece.changes.iter().enumerate() {
            for bit in 0..change.cells.len() * 8 {
                log::piece::forge(&sqlite, |pieces| {
                    pieces[of].changes[at].cells[bit / 8] ^= 1 << (bit % 8);
                })?;
                assert!(!db.verify()?.holds(), "{:?} passes with another bit {bit}", change.cells);
                log::piece::forge(&sqlite, |pieces| pieces.clone_from(&all))?;
            }
        }
    }
    verified(&db)
}

#[test]
fn the_rest_of_a_change() -> Outcome {
    type Forge = fn(&mut Packed);
    let forgeries: [(Forge, What); 16] = [
        (|change| change.stamp += 1, What::Digest),
        (|change| change.stamp = 1, What::Digest),
        (|change| change.number += 1, What::Digest),
        (|change| change.row = vec![0; 16], What::MissingRow),
        (|change| change.table = 3 - change.table, What::UnreadableChange),
        (|change| change.table = 77, What::UnreadableChange),
        (|change| change.cells.clear(), What::Digest),
        (|change| change.cells = vec![0xff], What::UnreadableChange),
        (|change| change.cells.push(0xff), What::UnreadableChange),
        // A mark, and a value of a kind that no version knows.
        (|change| change.cells.extend([2 * 32 + 16, 2, 9, 0]), What::Digest),
        (|change| change.cells.extend([2 * 32 + 9, 1, 7]), What::Digest),
        (|change| change.date = Some(5), What::Digest),
        (|change| change.original = Some(5), What::Digest),
        (|change| change.dropped = 5, What::Digest),
        (|change| change.more = vec![0x80, 0x01, 7], What::Digest),
        (|change| change.ends = false, What::Digest),
    ];
    for (at, (forge, what)) in forgeries.into_iter().enumerate() {
        let found = found_after_forging(|pieces| {
            let last = pieces.last_mut().expect("is there");
            last.changes.iter_mut().for_each(forge);
        })?;
        assert!(found.contains(&what), "{at}: expected {what:?}, found {found:?}");
    }
    Ok(())
}

/// The heads of pieces tell what is known there, and others rely on it.
#[test]
fn the_rest_of_a_piece() -> Outcome {
    type Forge = fn(&mut Piece);
    let forgeries: [Forge; 7] = [
        |piece| piece.head.digest ^= 1,
        |piece| piece.head.number += 1,
        |piece| piece.head.number -= 1,
        |piece| piece.head.stamp += 1,
        |piece| piece.head.date -= 1,
        |piece| piece.head.open = Some(5),
        |piece| piece.pos += 76 << 40,
    ];
    for (at, forge) in forgeries.into_iter().enumerate() {
        for of in 0..log::piece::pieces(&busy_file()?.sqlite()?)?.len() {
            let found = found_after_forging(|pieces| forge(&mut pieces[of]))?;
            assert!(!found.is_empty(), "{at}: nothing is found in piece {of}");
        }
    }
    // Filters are asked which pieces have changes of a row.
    for filter in ["x''", "x'00'", "x'0000000000'"] {
        let found = found_after(&format!("UPDATE ara_log SET filter = {filter}"))?;
        assert!(found.is_empty() || found.contains(&What::UnreadableChange), "{filter}: {found:?}");
    }
    for data in ["x''", "x'01'", "x'ff'", "zeroblob(100)"] {
        finds(&format!("UPDATE ara_log SET data = {data}"), &[What::UnreadableChange])?;
    }
    Ok(())
}

#[test]
fn names_and_nodes() -> Outcome {
    let unreadable = [What::UnreadableChange];
    finds("UPDATE ara_column SET name = 'done2' WHERE name = 'done'", &[What::Digest])?;
    finds("DELETE FROM ara_column WHERE name = 'done'", &unreadable)?;
    finds("DELETE FROM ara_table WHERE name = 'tag'", &unreadable)?;
    finds("UPDATE ara_node SET id = randomblob(16)", &[What::Digest])
}

#[test]
fn the_vector_of_a_node_that_writes_no_more() -> Outcome {
    for sql in [
        "UPDATE ara_node SET digest = digest + 1 WHERE last > 0",
        "UPDATE ara_node SET last = last + 1 WHERE last > 0",
        "UPDATE ara_node SET last = last - 1 WHERE last > 0",
        "UPDATE ara_node SET last = 0 WHERE last > 0",
        "UPDATE ara_node SET digest = 7 WHERE last = 0",
        "UPDATE ara_node SET date = date - 1 WHERE last > 0",
    ] {
        let copied = File::new()?;
        std::fs::copy(busy_file()?.path(), copied.path())?;
        let db = copied.open()?;
        db.create(Tag::draft().name("work"))?;
        verified(&db)?;
        copied.tamper(sql)?;
        assert!(!db.verify()?.holds(), "{sql}");
    }
    Ok(())
}

#[test]
fn tables_that_are_not_the_logs_are_left_alone() -> Outcome {
    let file = busy_file()?;
    file.tamper("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)")?;
    verified(&file.open()?)?;
    file.open()?.query::<Tag>().first()?.there()?;
    Ok(())
}
