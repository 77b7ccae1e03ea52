//! Columns that replace others, against plain columns. Both sides are ara: in these rows, `by hand` is a table without
//! what they cost.

use std::time::Duration;

use ara::prelude::*;
use ara::{Changes, Result};
use tempfile::TempDir;

use crate::report::{Report, Target, timed};

const ROWS: usize = 100_000;
const EACH: usize = 20_000;

/// The table of a version that knows the old column alone.
#[derive(Table)]
#[table(name = "note")]
struct Old {
    id: Id<Old>,
    note: String,
    stars: i64,
}

/// The table of a version that has replaced it.
#[derive(Table)]
#[table(name = "note")]
struct New {
    id: Id<New>,
    #[table(index, search, replaces(note, read = read, write = write))]
    text: String,
    #[table(retired)]
    note: Option<String>,
    stars: i64,
}

/// The same without an index and a search, to write to.
#[derive(Table)]
#[table(name = "written")]
struct Written {
    id: Id<Written>,
    #[table(replaces(note, read = read, write = write))]
    text: String,
    #[table(retired)]
    note: Option<String>,
    stars: i64,
}

/// The same in a version that never had another column.
#[derive(Table)]
#[table(name = "note")]
struct Plain {
    id: Id<Plain>,
    #[table(index, search)]
    text: String,
    stars: i64,
}

#[derive(Table)]
#[table(name = "written")]
struct PlainWritten {
    id: Id<PlainWritten>,
    text: String,
    stars: i64,
}

/// The table of a version that has no more to do with the old column than to read it.
#[derive(Table)]
#[table(name = "note")]
struct Again {
    id: Id<Again>,
    #[table(replaces(note, read = read, revision = 2))]
    text: String,
    #[table(retired)]
    note: Option<String>,
    stars: i64,
}

fn read(note: String) -> String {
    note
}

fn write(text: &str) -> String {
    text.to_owned()
}

/// A text of 60 characters, of eight words.
fn text(n: usize) -> String {
    let word = |at: usize| format!("w{:05}", (n * 7919 + at * 104_729) % 5_000);
    let words: Vec<_> = (0..8).map(word).collect();
    format!("{:<60.60}", words.join(" "))
}

fn id<T>(n: usize) -> Id<T> {
    Id::from_uuid(ara::Uuid::from_u128(
        (1_700_000_000_000_u128) << 80 | 7 << 76 | 2 << 62 | n as u128,
    ))
}

/// A file with rows that the old version has made, which the new one has read, and one with plain rows.
struct Files {
    _dir: TempDir,
    new: Database,
    plain: Database,
}

impl Files {
    fn filled() -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let new = Database::open(dir.path().join("new.db"))?;
        new.create_all((0..ROWS).map(|n| Old::draft().id(id(n)).note(text(n)).stars(n as i64)))?;
        new.ensure::<New>()?;
        let plain = Database::open(dir.path().join("plain.db"))?;
        plain.ensure::<Plain>()?;
        plain.create_all(
            (0..ROWS).map(|n| Plain::draft().id(id(n)).text(text(n)).stars(n as i64)),
        )?;
        assert_eq!(new.query::<New>().narrow(New::text).count()?, ROWS as u64);
        Ok(Self { _dir: dir, new, plain })
    }
}

const READS: [&str; 4] = [
    "scan a column that replaces another",
    "get by id through it",
    "filter and order by its index, limit 20",
    "search in it, the best 20",
];
const CREATE: &str = "create through it, 60 characters";
const MERGE: &str = "merge 100,000 changes of the replaced column";
const AGAIN: &str = "work out 100,000 rows again";

pub fn lenses(report: &mut Report) -> Result<()> {
    if READS.into_iter().any(|name| report.wants(name)) {
        reads(report, &Files::filled()?)?;
    }
    if report.wants(CREATE) {
        create(report)?;
    }
    if report.wants(MERGE) {
        merge(report)?;
    }
    if report.wants(AGAIN) {
        again(report)?;
    }
    Ok(())
}

fn reads(report: &mut Report, Files { new, plain, .. }: &Files) -> Result<()> {
    let most = Target::Ratio(1.07);
    let [scan, get, filter, search] = READS;
    report.compare(
        scan,
        most,
        || rows(ROWS, || Ok(new.query::<New>().narrow(New::text).all()?.len())),
        || rows(ROWS, || Ok(plain.query::<Plain>().narrow(Plain::text).all()?.len())),
    )?;
    report.compare(
        get,
        most,
        || {
            rows(EACH, || {
                (0..EACH)
                    .try_fold(0, |n, at| Ok(n + usize::from(new.get::<New>(id(at))?.is_some())))
            })
        },
        || {
            rows(EACH, || {
                (0..EACH)
                    .try_fold(0, |n, at| Ok(n + usize::from(plain.get::<Plain>(id(at))?.is_some())))
            })
        },
    )?;
    report.compare(
        filter,
        most,
        || {
            rows(20 * 500, || {
                (0..500).try_fold(0, |n, at| {
                    let from = new.query::<New>().filter(New::text.ge(text(at)));
                    Ok(n + from.order_by(New::text).limit(20).all()?.len())
                })
            })
        },
        || {
            rows(20 * 500, || {
                (0..500).try_fold(0, |n, at| {
                    let from = plain.query::<Plain>().filter(Plain::text.ge(text(at)));
                    Ok(n + from.order_by(Plain::text).limit(20).all()?.len())
                })
            })
        },
    )?;
    report.compare(
        search,
        most,
        || {
            rows(20 * 100, || {
                (0..100).try_fold(0, |n, at| {
                    let word = format!("w{:05}", at * 7);
                    Ok(n + new.query::<New>().search(word).limit(20).all()?.len())
                })
            })
        },
        || {
            rows(20 * 100, || {
                (0..100).try_fold(0, |n, at| {
                    let word = format!("w{:05}", at * 7);
                    Ok(n + plain.query::<Plain>().search(word).limit(20).all()?.len())
                })
            })
        },
    )
}

/// Times what reads this many rows.
fn rows(expected: usize, read: impl FnOnce() -> Result<usize>) -> Result<Duration> {
    let (time, read) = timed(read);
    assert_eq!(read?, expected);
    Ok(time)
}

fn create(report: &mut Report) -> Result<()> {
    report.compare(
        CREATE,
        Target::Ratio(1.4),
        || {
            let dir = TempDir::new().expect("a folder for the file");
            let db = Database::open(dir.path().join("new.db"))?;
            db.ensure::<Written>()?;
            let rows = (0..ROWS).map(|n| Written::draft().text(text(n)).stars(n as i64));
            let (time, made) = timed(|| db.create_all(rows));
            assert_eq!(made?.len(), ROWS);
            assert_eq!(db.query::<Written>().narrow(Written::text).count()?, ROWS as u64);
            Ok(time)
        },
        || {
            let dir = TempDir::new().expect("a folder for the file");
            let db = Database::open(dir.path().join("plain.db"))?;
            db.ensure::<PlainWritten>()?;
            let rows = (0..ROWS).map(|n| PlainWritten::draft().text(text(n)).stars(n as i64));
            let (time, made) = timed(|| db.create_all(rows));
            assert_eq!(made?.len(), ROWS);
            Ok(time)
        },
    )
}

/// What an old version has changed: first it made all rows, then it changed each of them.
fn changes() -> Result<[Vec<Changes>; 2]> {
    let db = Database::memory()?;
    let make = |n| Old::draft().id(id(n)).note(text(n)).stars(n as i64);
    for batch in 0..ROWS / 100 {
        db.create_all((0..100).map(|n| make(batch * 100 + n)))?;
    }
    let made = db.changes_since(&ara::VersionVector::default())?.collect::<Result<Vec<_>>>()?;
    let vector = db.version_vector()?;
    for batch in 0..ROWS / 100 {
        db.transaction(|tx| {
            (0..100).try_for_each(|n| {
                let n = batch * 100 + n;
                tx.update(Old::patch(id(n)).note(text(n + 1))).map(drop)
            })
        })?;
    }
    let changed = db.changes_since(&vector)?.collect::<Result<Vec<_>>>()?;
    Ok([made, changed])
}

fn merge(report: &mut Report) -> Result<()> {
    let [made, changed] = changes()?;
    let merged = |ready: fn(&Database) -> Result<u64>| -> Result<Duration> {
        let dir = TempDir::new().expect("a folder for the file");
        let db = Database::open(dir.path().join("app.db"))?;
        made.iter().try_for_each(|changes| db.merge(changes).map(drop))?;
        assert_eq!(ready(&db)?, ROWS as u64);
        let (time, merged) =
            timed(|| changed.iter().try_for_each(|changes| db.merge(changes).map(drop)));
        merged?;
        assert_eq!(ready(&db)?, ROWS as u64);
        Ok(time)
    };
    report.compare(
        MERGE,
        Target::Ratio(1.4),
        || merged(|db| db.query::<Again>().narrow(Again::text).count()),
        || merged(|db| db.query::<Old>().narrow(Old::note).count()),
    )
}

fn again(report: &mut Report) -> Result<()> {
    let [made, _] = changes()?;
    report.compare(
        AGAIN,
        Target::Time(Duration::from_millis(1500)),
        || {
            let dir = TempDir::new().expect("a folder for the file");
            let db = Database::open(dir.path().join("app.db"))?;
            made.iter().try_for_each(|changes| db.merge(changes).map(drop))?;
            rows(ROWS, || Ok(db.query::<Again>().narrow(Again::text).count()? as usize))
        },
        || {
            let dir = TempDir::new().expect("a folder for the file");
            let path = dir.path().join("app.db");
            let db = Database::open(&path)?;
            made.iter().try_for_each(|changes| db.merge(changes).map(drop))?;
            drop(db);
            let file = crate::by_hand::roomy(&path)?;
            file.execute_batch("ALTER TABLE note ADD COLUMN shown")?;
            let (time, updated) = timed(|| file.execute("UPDATE note SET shown = note", []));
            assert_eq!(updated?, ROWS);
            Ok(time)
        },
    )
}
