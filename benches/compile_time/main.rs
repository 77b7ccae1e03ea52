//! How long `cargo check` takes after an edit, for apps that were generated: one with ara, and one
//! with the same structs, and rusqlite by hand, with a query a table and with ten; and one whose schema
//! is held against a lock, and one whose schema is not; and one in which columns replace others. And how long it takes when the compiler
//! remembers nothing of the app, as after a change that all of it depends on.
//!
//! `cargo bench --bench compile_time`

mod queries;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use ara_schema::{ColumnSnapshot, LOCK_FILE, Lock, Range, Snapshot, TableSnapshot, TypeSnapshot};
use tempfile::TempDir;

const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    println!("{:24} {:>12} {:>12} {:>7}", "cargo check", "ara", "by hand", "ratio");
    for (tables, columns) in [(20, 12), (5, 60)] {
        let ours = App::new("ara", &our_source(tables, columns))?;
        let by_hand = App::new("rusqlite", &source_by_hand(tables, columns))?;
        compare(&format!("{tables} tables x {columns} columns"), &ours, &by_hand)?;
    }
    let (tables, columns) = (20, 12);
    let ours = App::new("ara", &queries::our_source(tables, columns))?;
    let by_hand = App::new("rusqlite", &queries::source_by_hand(tables, columns))?;
    compare("the same, 200 queries", &ours, &by_hand)?;
    compare_by("the same, from nothing", &ours, &by_hand, App::check_from_nothing)?;
    println!("\n{:24} {:>12} {:>12} {:>7}", "cargo check", "with lock", "without", "ratio");
    for (tables, columns) in [(20, 12), (50, 60)] {
        let source = our_source(tables, columns) + &schema_of(tables);
        let [locked, free] = [App::new("ara", &source)?, App::new("ara", &source)?];
        fs::write(locked.path().join(LOCK_FILE), lock_of(tables, columns).to_string())?;
        locked.check()?;
        compare(&format!("{tables} tables x {columns} columns"), &locked, &free)?;
    }
    println!("\n{:24} {:>12} {:>12} {:>7}", "cargo check", "with lenses", "without", "ratio");
    let (tables, columns) = (20, 12);
    let [lensed, plain] =
        [true, false].map(|is_lensed| replacing_source(tables, columns, is_lensed));
    let [lensed, plain] = [App::new("ara", &lensed)?, App::new("ara", &plain)?];
    compare("ten columns replace ten", &lensed, &plain)?;
    Ok(())
}

fn compare(name: &str, one: &App, other: &App) -> io::Result<()> {
    compare_by(name, one, other, App::check_after_edit)
}

fn compare_by(
    name: &str,
    one: &App,
    other: &App,
    check: fn(&App) -> io::Result<Duration>,
) -> io::Result<()> {
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(check(one)?);
        times.1.push(check(other)?);
    }
    let [one, other] = [times.0, times.1].map(|times| median(times).as_secs_f64());
    println!("{name:24} {one:>10.3} s {other:>10.3} s {:>7.2}", one / other);
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A generated package.
struct App(TempDir);

impl App {
    fn new(dependency: &str, source: &str) -> io::Result<Self> {
        let ara = env!("CARGO_MANIFEST_DIR");
        let dependency = match dependency {
            "ara" => format!("ara = {{ path = {ara:?} }}"),
            other => format!("{other} = {{ version = \"*\", features = [\"bundled\"] }}"),
        };
        let app = Self(TempDir::new()?);
        let manifest = format!(
            "[package]\nname = \"app\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency}\n"
        );
        fs::write(app.path().join("Cargo.toml"), manifest)?;
        // The same versions as here.
        fs::copy(Path::new(ara).join("Cargo.lock"), app.path().join("Cargo.lock"))?;
        fs::create_dir(app.path().join("src"))?;
        fs::write(app.source(), source)?;
        app.check()?;
        Ok(app)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn source(&self) -> std::path::PathBuf {
        self.path().join("src/main.rs")
    }

    fn check_after_edit(&self) -> io::Result<Duration> {
        let mut source = fs::OpenOptions::new().append(true).open(self.source())?;
        io::Write::write_all(&mut source, b"// edited\n")?;
        self.check()
    }

    /// What the compiler remembers of the app is gone, and what it depends on is not.
    fn check_from_nothing(&self) -> io::Result<Duration> {
        for memory in fs::read_dir(self.path().join("target/debug/incremental"))? {
            let memory = memory?;
            if memory.file_name().to_string_lossy().starts_with("app-") {
                fs::remove_dir_all(memory.path())?;
            }
        }
        self.check_after_edit()
    }

    fn check(&self) -> io::Result<Duration> {
        let start = Instant::now();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet"])
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", self.path().join("target"))
            .env("CARGO_INCREMENTAL", "1")
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the generated app does not compile:\n{errors}");
        Ok(start.elapsed())
    }
}

/// The type of each column in turn: as ara has it, as it is by hand, and as it is recorded.
const TYPES: [(&str, &str, TypeSnapshot, Option<Range>); 4] = [
    ("NonEmptyString<100>", "String", TypeSnapshot::Text, Some(Range::new(1, 100))),
    ("Option<bool>", "Option<bool>", TypeSnapshot::Bool, None),
    ("i64", "i64", TypeSnapshot::Integer, Some(Range::ALL)),
    ("Option<f64>", "Option<f64>", TypeSnapshot::Real, Some(Range::ALL)),
];

fn our_source(tables: usize, columns: usize) -> String {
    let mut source = String::from("use ara::prelude::*;\n\nfn main() {}\n");
    for table in 0..tables {
        let _ = write!(source, "\n#[derive(Table)]\npub struct T{table} {{ pub id: Id<T{table}>");
        for column in 0..columns {
            let _ = write!(source, ", pub c{column}: {}", TYPES[column % TYPES.len()].0);
        }
        let _ = write!(
            source,
            " }}\n\npub fn query{table}(db: &Database) -> ara::Result<usize> {{\n    \
             let query = db.query::<T{table}>().narrow(T{table}::c0).filter(T{table}::c2.gt(5));\n    \
             let rows = query.order_by(T{table}::created_at.desc()).limit(20).all()?;\n    \
             Ok(rows.iter().map(|row| row.c0.len()).sum())\n}}\n"
        );
    }
    source
}

/// The same with ten columns more in the first tables, which replace ten others, or are plain beside them.
fn replacing_source(tables: usize, columns: usize, is_lensed: bool) -> String {
    let mut source = our_source(tables, columns);
    for table in 0..10 {
        let replaces = format!("replaces(old, read = read{table}, write = write{table})");
        let lens = match is_lensed {
            true => format!(
                "#[table({replaces})] pub new: String, #[table(retired)] old: Option<String>"
            ),
            false => "pub new: String, pub old: Option<String>".to_owned(),
        };
        let id = format!("pub id: Id<T{table}>");
        source = source.replacen(&id, &format!("{id}, {lens}"), 1);
        let _ = write!(
            source,
            "\npub fn read{table}(old: String) -> String {{\n    old + \"{table}\"\n}}\n\n\
             pub fn write{table}(new: &str) -> String {{\n    new.replace(\"{table}\", \"\")\n}}\n"
        );
    }
    source
}

fn source_by_hand(tables: usize, columns: usize) -> String {
    let mut source = String::from("fn main() {}\n");
    for table in 0..tables {
        let _ = write!(source, "\npub struct T{table} {{ pub id: [u8; 16]");
        for column in 0..columns {
            let _ = write!(source, ", pub c{column}: {}", TYPES[column % TYPES.len()].1);
        }
        let _ = write!(
            source,
            " }}\n\npub fn query{table}(db: &rusqlite::Connection) -> rusqlite::Result<usize> {{\n    \
             let mut query = db.prepare_cached(\"SELECT * FROM t{table} WHERE c2 > ?1 LIMIT 20\")?;\n    \
             let rows = query.query_map([5], |row| Ok(T{table} {{ id: row.get(0)?"
        );
        for column in 0..columns {
            let _ = write!(source, ", c{column}: row.get({})?", column + 1);
        }
        source.push_str(
            " }))?;\n    rows.map(|row| row.map(|row| row.c0.len())).sum::<rusqlite::Result<usize>>()\n}\n",
        );
    }
    source
}

fn schema_of(tables: usize) -> String {
    let tables: Vec<_> = (0..tables).map(|table| format!("T{table}")).collect();
    format!("\nara::schema! {{ pub App: {} }}\n", tables.join(", "))
}

/// A lock of a dozen releases or more: each brought a column to every table.
fn lock_of(tables: usize, columns: usize) -> Lock {
    let mut lock = Lock::default();
    for columns in 1..=columns {
        let columns: Vec<_> = (0..columns)
            .map(|column| ColumnSnapshot {
                name: format!("c{column}"),
                ty: TYPES[column % TYPES.len()].2.clone(),
                range: TYPES[column % TYPES.len()].3,
                required: false,
                retired: false,
                replaces: None,
            })
            .collect();
        let tables = (0..tables).map(|table| TableSnapshot {
            name: format!("t{table}"),
            columns: columns.clone(),
            ..TableSnapshot::default()
        });
        let schema = Snapshot { tables: tables.collect() };
        lock.record(&schema.facts(), "a column for every table", "2026-11-22");
    }
    lock
}
