//! How long `cargo check` takes after an edit, for apps that were generated: one with ara, and one
//! with the same structs, and rusqlite by hand.
//!
//! `cargo bench --bench compile_time`

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use tempfile::TempDir;

const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    println!("{:24} {:>10} {:>10} {:>7}", "cargo check", "ara", "by hand", "ratio");
    for (tables, columns) in [(20, 12), (5, 60)] {
        let ours = App::new("ara", &our_source(tables, columns))?;
        let by_hand = App::new("rusqlite", &source_by_hand(tables, columns))?;
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            times.0.push(ours.check_after_edit()?);
            times.1.push(by_hand.check_after_edit()?);
        }
        let [ours, by_hand] = [times.0, times.1].map(|times| median(times).as_secs_f64());
        let name = format!("{tables} tables x {columns} columns");
        println!("{name:24} {ours:>8.2} s {by_hand:>8.2} s {:>7.2}", ours / by_hand);
    }
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

    fn check(&self) -> io::Result<Duration> {
        let start = Instant::now();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet"])
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", self.path().join("target"))
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the generated app does not compile:\n{errors}");
        Ok(start.elapsed())
    }
}

/// The type of each column in turn, as ara has it and as it is by hand.
const TYPES: [(&str, &str); 4] = [
    ("NonEmptyString<100>", "String"),
    ("Option<bool>", "Option<bool>"),
    ("i64", "i64"),
    ("Option<f64>", "Option<f64>"),
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
