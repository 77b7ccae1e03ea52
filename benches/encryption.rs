//! What a key costs: the same work on a file with one, and on a file without.

use std::path::Path;
use std::time::Duration;

use ara::prelude::*;
use ara::{Key, Options};
use ara_measure::{ROUNDS, median, timed};

#[derive(Table)]
struct Task {
    id: Id<Task>,
    title: NonEmptyString<1000>,
    done: Option<bool>,
    #[table(index)]
    stars: i64,
}

const ROWS: usize = 100_000;

type Work = fn(&Options, &Path) -> ara::Result<()>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let raw = Key::random()?;
    let sides = [("plain.db", Database::options()), ("encrypted.db", Database::options().key(raw))];
    for (name, options) in &sides {
        create(&options.clone().open(folder.path().join(name))?, ROWS)?;
    }
    println!("{:44} {:>10} {:>10} {:>7}", "work", "without", "with a key", "ratio");
    let works: [(&str, Work); 5] = [
        ("open, and read a row", open),
        ("create 10,000 rows in a transaction", create_together),
        ("create 300 rows, each in its own", create_alone),
        ("scan 100,000 rows", scan),
        ("read 2,000 rows by an index", read_rows),
    ];
    for (name, work) in works {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (times, (file, options)) in times.iter_mut().zip(&sides) {
                times.push(measured(work, options, &folder.path().join(file))?);
            }
        }
        let [plain, encrypted] = times.map(|times| median(&times));
        let ratio = encrypted.as_secs_f64() / plain.as_secs_f64();
        println!("{name:44} {plain:>10.2?} {encrypted:>10.2?} {ratio:>7.2}");
    }
    let path = folder.path().join("passphrase.db");
    let options = Database::options().key(Key::passphrase("correct horse battery staple"));
    drop(options.clone().open(&path)?);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(measured(
            |options, path| options.clone().open(path).map(drop),
            &options,
            &path,
        )?);
    }
    println!("{:44} {:>21.2?}", "open by a passphrase", median(&times));
    Ok(())
}

fn measured(
    work: impl Fn(&Options, &Path) -> ara::Result<()>,
    options: &Options,
    path: &Path,
) -> ara::Result<Duration> {
    let (time, done) = timed(|| work(options, path));
    done.map(|()| time)
}

fn create(db: &Database, rows: usize) -> ara::Result<()> {
    let task = |number: usize| {
        Task::draft()
            .title(format!("task {number} of many"))
            .done(number.is_multiple_of(3))
            .stars(number as i64)
    };
    db.create_all((0..rows).map(task)).map(drop)
}

fn open(options: &Options, path: &Path) -> ara::Result<()> {
    let db = options.clone().open(path)?;
    assert!(db.query::<Task>().first()?.is_some());
    Ok(())
}

fn create_together(options: &Options, path: &Path) -> ara::Result<()> {
    create(&options.clone().open(path)?, 10_000)
}

fn create_alone(options: &Options, path: &Path) -> ara::Result<()> {
    let db = options.clone().open(path)?;
    (0..300).try_for_each(|_| create(&db, 1))
}

fn scan(options: &Options, path: &Path) -> ara::Result<()> {
    let db = options.clone().open(path)?;
    let count = db.query::<Task>().limit(ROWS as u64).all()?.len();
    assert_eq!(count, ROWS);
    Ok(())
}

fn read_rows(options: &Options, path: &Path) -> ara::Result<()> {
    let db = options.clone().open(path)?;
    for number in 0..2000_i64 {
        let stars = number * 7919 % ROWS as i64;
        assert!(db.query::<Task>().filter(Task::stars.eq(stars)).first()?.is_some());
    }
    Ok(())
}
