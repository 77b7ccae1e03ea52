//! How time and memory of merging grow with the log: each size in a process of its own, whose peak is told.

use std::process::Command;
use std::time::{Duration, Instant};

use ara::VersionVector;
use ara::prelude::*;

#[derive(Table)]
struct Task {
    id: Id<Task>,
    title: NonEmptyString<1000>,
    done: Option<bool>,
    stars: i64,
}

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// How many rows an app makes in one transaction.
const AT_ONCE: usize = 100;

/// What a process is told to do, in this order: what it leaves is what the next one begins with.
const STEPS: [&str; 5] = ["create", "read", "merge", "nothing new", "one more"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    if let (Some("step"), Some(step), Some(folder), Some(size)) =
        (arguments.next().as_deref(), arguments.next(), arguments.next(), arguments.next())
    {
        let time = run(&step, std::path::Path::new(&folder), size.parse()?)?;
        println!("{:>10.2} ms {:>8.1} MB", time.as_secs_f64() * 1e3, peak()?);
        return Ok(());
    }
    println!("{:14} {:>10} {:>13} {:>11}", "work", "changes", "time", "peak");
    for size in SIZES {
        let folder = tempfile::tempdir()?;
        for step in STEPS {
            let output = Command::new(std::env::current_exe()?)
                .args(["step", step])
                .arg(folder.path())
                .arg(size.to_string())
                .output()?;
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            print!("{step:14} {size:>10} {}", String::from_utf8_lossy(&output.stdout));
        }
    }
    Ok(())
}

fn run(step: &str, folder: &std::path::Path, size: usize) -> ara::Result<Duration> {
    let source = Database::open(folder.join("source.db"))?;
    let start = Instant::now();
    match step {
        "create" => create(&source, size)?,
        "read" => {
            let changes = source.changes_since(&VersionVector::default())?;
            let read: usize = changes.map(|some| Ok(some?.len())).sum::<ara::Result<_>>()?;
            assert_eq!(read, size);
        }
        _ => {
            let target = Database::open(folder.join("target.db"))?;
            let vector = target.version_vector()?;
            if step == "one more" {
                create(&source, 1)?;
            }
            let start = Instant::now();
            for changes in source.changes_since(&vector)? {
                target.merge(&changes?)?;
            }
            let time = start.elapsed();
            let extra = usize::from(step == "one more");
            assert_eq!(target.query::<Task>().count()?, (size + extra) as u64);
            return Ok(time);
        }
    }
    Ok(start.elapsed())
}

fn create(db: &Database, rows: usize) -> ara::Result<()> {
    for start in (0..rows).step_by(AT_ONCE) {
        let some = start..rows.min(start + AT_ONCE);
        db.create_all(
            some.map(|n| Task::draft().title(format!("Water plant {n}")).stars(n as i64)),
        )?;
    }
    Ok(())
}

/// The most memory that this process had, in megabytes.
fn peak() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: f64 =
        line.ok_or("the system tells no peak")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes / 1024.0)
}
