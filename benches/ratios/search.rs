//! Full-text search, against FTS5 over a table that has FTS5's own integer keys.

use std::path::Path;
use std::time::Duration;

use ara::Result;
use ara::prelude::*;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::by_hand::bare;
use crate::report::{Report, Target, timed};

const ROWS: usize = 100_000;
const EACH: usize = 2_000;
const SEARCHES: usize = 200;
const VOCABULARY: u64 = 5_000;

#[derive(Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    stars: i64,
}

/// The same table without a search.
#[derive(Table)]
#[table(name = "note")]
struct Plain {
    id: Id<Plain>,
    text: String,
    stars: i64,
}

const BY_HAND: &str = "
    CREATE TABLE note (id INTEGER PRIMARY KEY, created_at, updated_at, text TEXT, stars INTEGER);
    CREATE VIRTUAL TABLE note_words USING fts5(
        text, content='note', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
    );";

/// A note of eight words.
fn text(n: usize) -> String {
    let mut state = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("w{:04}", state % VOCABULARY)
    };
    (0..8).map(|_| word()).collect::<Vec<_>>().join(" ")
}

fn ours(dir: &TempDir) -> Result<Database> {
    let db = Database::open(dir.path().join("ara.db"))?;
    db.ensure::<Note>()?;
    Ok(db)
}

fn by_hand(path: &Path) -> Result<Connection> {
    let connection = bare(path)?;
    connection.execute_batch(BY_HAND)?;
    Ok(connection)
}

fn insert(connection: &Connection, rows: std::ops::Range<usize>) -> Result<()> {
    let mut note = connection.prepare_cached("INSERT INTO note VALUES (?1, ?2, ?2, ?3, ?4)")?;
    let mut words =
        connection.prepare_cached("INSERT INTO note_words (rowid, text) VALUES (?1, ?2)")?;
    for n in rows {
        let (id, text) = (n as i64 + 1, text(n));
        note.execute(params![id, 1_700_000_000_000_i64, text, id])?;
        words.execute(params![id, text])?;
    }
    Ok(())
}

fn draft(n: usize) -> impl Create<Table = Note> {
    Note::draft().text(text(n)).stars(n as i64)
}

pub fn search(report: &mut Report) -> Result<()> {
    finds(report)?;
    creates(report)
}

fn finds(report: &mut Report) -> Result<()> {
    let names = ["search, the best 20 for a word", "search, the best 20 for two beginnings"];
    if !names.iter().any(|name| report.wants(name)) {
        return Ok(());
    }
    let dir = TempDir::new().expect("a folder for the files");
    let db = ours(&dir)?;
    db.create_all((0..ROWS).map(draft))?;
    let hand = by_hand(&dir.path().join("hand.db"))?;
    hand.execute_batch("BEGIN")?;
    insert(&hand, 0..ROWS)?;
    hand.execute_batch("COMMIT")?;
    for (name, to_text) in
        names.into_iter().zip([(|n| format!("w{n:04}")) as fn(usize) -> String, |n| {
            format!("w{:03}* w{:03}*", n, n + 100)
        }])
    {
        let our_page = |n: usize| -> Result<Vec<(String, i64)>> {
            let query = db.query::<Note>().narrow_all().search(to_text(n)).limit(20);
            Ok(query.all()?.into_iter().map(|note| (note.text, note.stars)).collect())
        };
        let hand_page = |n: usize| -> rusqlite::Result<Vec<(String, i64)>> {
            let mut page = hand.prepare_cached(
                "SELECT note.id, created_at, updated_at, note.text, stars FROM note_words \
                 JOIN note ON note.id = note_words.rowid WHERE note_words MATCH ?1 \
                 ORDER BY note_words.rank LIMIT 20",
            )?;
            page.query_map([to_text(n)], |row| {
                let _: (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((row.get(3)?, row.get(4)?))
            })?
            .collect()
        };
        for n in [0, 7, 99] {
            let (ours, hand) = (our_page(n)?, hand_page(n)?);
            assert!(ours.len() == hand.len() && !ours.is_empty());
            assert!(ours.iter().all(|(text, _)| {
                to_text(n).split(' ').all(|word| text.contains(word.trim_end_matches('*')))
            }));
        }
        report.compare(
            name,
            Target::Ratio(1.3),
            || pages(|n| Ok(our_page(n)?.len())),
            || pages(|n| Ok(hand_page(n)?.len())),
        )?;
    }
    Ok(())
}

fn pages(page: impl Fn(usize) -> Result<usize>) -> Result<Duration> {
    let (time, rows) = timed(|| (0..SEARCHES).try_fold(0, |rows, n| Ok(rows + page(n)?)));
    let rows: Result<usize> = rows;
    assert!(rows? > SEARCHES);
    Ok(time / u32::try_from(SEARCHES).unwrap_or(u32::MAX))
}

fn creates(report: &mut Report) -> Result<()> {
    let folder = || TempDir::new().expect("a folder for the file");
    let all = || -> Result<Duration> {
        let dir = folder();
        let db = ours(&dir)?;
        let (time, ids) = timed(|| db.create_all((0..ROWS).map(draft)));
        ids?;
        assert!(db.query::<Note>().search("w0007").count()? > 100);
        Ok(time)
    };
    let each = || -> Result<Duration> {
        let dir = folder();
        let db = ours(&dir)?;
        let (time, result) = timed(|| (0..EACH).try_for_each(|n| db.create(draft(n)).map(drop)));
        result?;
        assert_eq!(db.query::<Note>().search("w*").count()?, EACH as u64);
        Ok(time)
    };
    let plain = |each: bool| -> Result<Duration> {
        let dir = folder();
        let db = Database::open(dir.path().join("ara.db"))?;
        db.ensure::<Plain>()?;
        let draft = |n: usize| Plain::draft().text(text(n)).stars(n as i64);
        let (time, result) = timed(|| -> Result<()> {
            if each {
                return (0..EACH).try_for_each(|n| db.create(draft(n)).map(drop));
            }
            db.create_all((0..ROWS).map(draft)).map(drop)
        });
        result?;
        Ok(time)
    };
    let hand = |each: bool| -> Result<Duration> {
        let dir = folder();
        let connection = by_hand(&dir.path().join("hand.db"))?;
        let (time, result) = timed(|| -> Result<()> {
            let (size, transactions) = if each { (1, EACH) } else { (ROWS, 1) };
            for rows in (0..transactions).map(|n| n * size..(n + 1) * size) {
                connection.execute_batch("BEGIN IMMEDIATE")?;
                insert(&connection, rows)?;
                connection.execute_batch("COMMIT")?;
            }
            Ok(())
        });
        result?;
        Ok(time)
    };
    report.compare("create with a search, one transaction", Target::Ratio(2.5), all, || {
        hand(false)
    })?;
    report.compare("create with a search, each", Target::Ratio(2.0), each, || hand(true))?;
    report.compare("what a search adds to a create", Target::Ratio(2.5), all, || plain(false))?;
    report.compare("what a search adds to a create, each", Target::Ratio(5.0), each, || plain(true))
}
