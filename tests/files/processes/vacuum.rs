//! A file that is vacuumed while processes write it: by ara, or by another program that runs `VACUUM` and `REINDEX`.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ara::prelude::*;
use support::child;
use support::disk;

use crate::processes::TestResult;

#[derive(Debug, Table)]
struct Page {
    id: Id<Page>,
    #[table(search)]
    text: String,
    #[table(index)]
    number: i64,
}

/// How often the file is rewritten while both write.
const REWRITTEN: u32 = 8;

/// The child that writes until its input ends: its rows have one word of their own each.
#[test]
fn writer() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let is_over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_over);
    thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        told.store(true, Ordering::Relaxed);
    });
    let db = disk::open(path)?;
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let text = format!("{} first", "long ".repeat(200));
        let id = db.create(Page::draft().text(text).number(number))?;
        let word = id.to_string().replace('-', "");
        db.update(Page::patch(id).text(format!("second {word}")))?;
        child::tell(&word);
    }
    Ok(())
}

/// The child that is another program: it rewrites the file until it is killed.
#[test]
fn vacuumer() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let mut sqlite = disk::sqlite(path)?;
    // It waits for the others for as long as it takes.
    sqlite.busy_handler(Some(|_| {
        thread::yield_now();
        true
    }))?;
    loop {
        sqlite.execute_batch("VACUUM; REINDEX")?;
        child::tell("rewritten");
    }
}

/// The child that vacuums the file until it is killed, and waits for the others for as long as it takes.
#[test]
fn vacuumer_of_ara() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let db = disk::options().busy_timeout(Duration::from_secs(600)).open(path)?;
    for number in 0.. {
        match number % 2 {
            0 => db.vacuum()?,
            _ => db.vacuum_with(|_| {})?,
        };
        child::tell("rewritten");
    }
    Ok(())
}

#[test]
fn a_file_is_rewritten_while_processes_write() -> TestResult {
    rewrite("vacuumer")
}

#[test]
fn a_file_is_vacuumed_while_processes_write() -> TestResult {
    rewrite("vacuumer_of_ara")
}

fn rewrite(vacuumer: &str) -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pages.db");
    let db = disk::open(&path)?;
    db.ensure::<Page>()?;
    let tests = [vacuumer, "writer", "writer"];
    let children =
        tests.map(|test| child::command(&format!("processes::vacuum::{test}"), &path)?.spawn());
    let mut children = children.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut told: Vec<_> = children.iter_mut().map(child::told).collect();
    assert!(told.iter_mut().all(|told| told.next().as_deref() == Some("ready")));
    let mut inputs: Vec<_> = children.iter_mut().filter_map(|child| child.stdin.take()).collect();
    for input in &mut inputs {
        input.write_all(b"go\n")?;
    }
    let mut rewritten = told.remove(0);
    let readers: Vec<_> = told.into_iter().map(|told| thread::spawn(|| told.collect())).collect();
    // This process reads meanwhile, on several threads, and writes.
    for _ in 0..REWRITTEN {
        assert_eq!(rewritten.next().as_deref(), Some("rewritten"));
        thread::scope(|scope| {
            let read = || db.query::<Page>().filter(Page::number.eq(-2)).count();
            let readers = [scope.spawn(read), scope.spawn(read)];
            let counts = readers.map(|reader| reader.join().expect("reads"));
            counts.into_iter().try_for_each(|count| count.map(|count| assert!(count <= 1)))
        })?;
        db.upsert(Page::draft().id(Id::from_key("parent")).text("Parent").number(-2))?;
    }
    // It is killed while it rewrites the file, as likely as not.
    children[0].kill()?;
    children[0].wait()?;
    drop(inputs);
    let words: Vec<Vec<String>> =
        readers.into_iter().map(|reader| reader.join().expect("reads")).collect();
    assert!(words.iter().all(|words| !words.is_empty()), "both have written");
    let words = words.concat();
    for child in &mut children[1..] {
        assert!(child.wait()?.success());
    }
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    assert_eq!((found.rows, found.changes), (words.len() as u64 + 1, words.len() as u64 * 2 + 1));
    for word in &words {
        assert_eq!(db.query::<Page>().search(word).count()?, 1, "the search finds another row");
    }
    assert_eq!(db.query::<Page>().search("first").count()?, 0);
    assert_eq!(db.query::<Page>().filter(Page::number.eq(0)).count()?, 2);
    // The log is whole, and goes on.
    db.rebuild()?;
    db.create(Page::draft().text("Last").number(-1))?;
    let other = Database::memory()?;
    for changes in db.changes_since(&other.version_vector()?)? {
        other.merge(&changes?)?;
    }
    assert_eq!(other.query::<Page>().count()?, words.len() as u64 + 2);
    assert!(db.verify()?.holds());
    Ok(())
}
