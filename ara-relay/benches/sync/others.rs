//! What does the same work and is not ours: programs in the folder `others`, each of which prints what it measured.

use std::path::Path;
use std::process::{Command, Stdio};

use ara_measure::{Figure, Report};

/// The argument that has them run.
pub const WANTED: &str = "--others";

/// Their names, and the folders in which there is a program `run`.
const ALL: [(&str, &str); 2] = [("Evolu", "evolu"), ("syncular", "syncular")];

/// Returns their names, for the columns of the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(|(name, _)| name)
}

/// Runs each with this many changes.
pub fn others(report: &mut Report) {
    let count = report.size(100_000).to_string();
    for (name, folder) in ALL {
        report.begin_column(name);
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/others").join(folder);
        let output =
            Command::new(program.join("run")).arg(&count).stderr(Stdio::inherit()).output();
        match output {
            Ok(output) if output.status.success() => {
                read(report, &String::from_utf8_lossy(&output.stdout));
            }
            Ok(output) => eprintln!("{name} did not run: {}", output.status),
            Err(error) => eprintln!("{name} did not run: {error}"),
        }
    }
}

/// Reads lines of a unit, a number, and the name of a row.
fn read(report: &mut Report, lines: &str) {
    for line in lines.lines() {
        let mut parts = line.splitn(3, ' ');
        let (Some(unit), Some(number), Some(work)) = (parts.next(), parts.next(), parts.next())
        else {
            panic!("not a figure: {line}");
        };
        let number: f64 = number.parse().expect("a number");
        let figure = match unit {
            "per-second" => Figure::PerSecond(number),
            "bytes" => Figure::Bytes(number),
            "memory" => Figure::Memory(number as u64),
            _ => panic!("not a unit: {unit}"),
        };
        report.add(work, figure, None);
    }
}
