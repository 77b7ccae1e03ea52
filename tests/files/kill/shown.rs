//! Killed while it works out what columns show that replace others, a file goes on where it was.

use std::fs;
use std::path::Path;
use std::thread;

use ara::prelude::*;
use support::cases::scaled;
use support::random::Random;
use support::{child, disk, verified};

use crate::kill::{TestResult, killed};

/// What an older version has written.
#[derive(Debug, Table)]
#[table(name = "task")]
struct Old {
    id: Id<Old>,
    title: String,
    list: Option<String>,
}

#[derive(Debug, Table)]
struct Task {
    id: Id<Task>,
    #[table(index, replaces(title, read = loud, write = quiet))]
    text: String,
    #[table(retired)]
    title: Option<String>,
    #[table(replaces(list, by_key))]
    list_id: Option<Id<List>>,
    #[table(retired)]
    list: Option<String>,
}

#[derive(Debug, Table)]
#[table(key = name)]
struct List {
    id: Id<List>,
    name: String,
}

fn loud(title: String) -> String {
    title.to_uppercase()
}

fn quiet(text: &str) -> String {
    text.to_lowercase()
}

const ROWS: usize = 5_000;

/// The child: reads, and so works out all rows.
#[test]
fn reader() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    let db = disk::open(path)?;
    // So that it can be killed at any moment of what is one call.
    thread::spawn(|| {
        loop {
            child::tell("tick");
            (0..100_000).for_each(|_| std::hint::spin_loop());
        }
    });
    assert_eq!(db.query::<Task>().narrow(Task::text).count()?, ROWS as u64);
    child::tell("read");
    Ok(())
}

fn make(path: &Path) -> TestResult {
    let db = disk::open(path)?;
    db.create_all(
        (0..ROWS).map(|n| Old::draft().title(format!("t{n}")).list(format!("l{}", n % 40))),
    )?;
    Ok(())
}

#[test]
fn what_is_shown_is_worked_out_to_the_end() -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let [whole, path] = ["whole.db", "task.db"].map(|name| folder.path().join(name));
    make(&whole)?;
    let mut begun = 0;
    for round in 0..scaled(4) {
        println!("round {round}");
        for ending in ["", "-wal", "-shm"] {
            let mut of = path.clone().into_os_string();
            of.push(ending);
            let _ = fs::remove_file(of);
        }
        fs::copy(&whole, &path)?;
        for _ in 0..3 {
            let mut ticks = random.below(150);
            killed::run("kill::shown::reader", &path, &mut random, |line| {
                ticks = ticks.saturating_sub(usize::from(line == "tick"));
                ticks == 0 || line == "read"
            })?;
            let sqlite = disk::sqlite(&path)?;
            let at = "SELECT min(ara_row) FROM \"ara_now task(ara_now_text) stale\"";
            let at: rusqlite::Result<Option<i64>> = sqlite.query_row(at, [], |row| row.get(0));
            begun += i32::from(at.is_ok_and(|at| at.is_some_and(|at| at < -1)));
            // An older version writes on meanwhile.
            let old = disk::open(&path)?;
            if let Some(task) = old.query::<Old>().first()? {
                old.update(task.patch().title(format!("again {round}")))?;
            }
        }
        let db = disk::open(&path)?;
        let tasks = db.query::<Task>().narrow(Task::text);
        assert_eq!(tasks.clone().count()?, ROWS as u64);
        let again = format!("AGAIN {round}");
        assert_eq!(tasks.filter(Task::text.eq(again)).count()?, 1);
        let listed = db.query::<Task>().join(Task::list_id).count()?;
        assert_eq!((listed, db.query::<List>().count()?), (ROWS as u64, 40));
        verified(&db)?;
    }
    println!("begun in {begun}");
    Ok(())
}
