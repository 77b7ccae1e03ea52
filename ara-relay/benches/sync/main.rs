//! What sync costs: devices with files, and the relay as it is shipped, in a process of its own, over loopback.
//!
//! `cargo bench -p ara-relay`, or with a word to run only the rows whose name contains it:
//! `cargo bench -p ara-relay -- pull`. The relay keeps its data in SQLite, and where `ARA_BENCH_POSTGRES` is the URL of a
//! database, all is done once more with that. With `--others` those that are in the folder of this name do the same work.
//! With `--divide=100` everything is a hundredth of its size, which takes seconds and tells whether the rows run, but
//! nothing about their targets. What arrives is checked, outside what is measured.

mod bulk;
mod child;
mod connected;
mod crowd;
mod devices;
mod idle;
mod latency;
#[expect(dead_code, reason = "tests that attack need the rest")]
#[path = "../../tests/load/light.rs"]
mod light;
mod memory;
mod others;
mod proxy;
mod relay;
mod store;
mod tables;
mod wire;

use ara_measure::{Report, machine};
use store::Store;

fn main() -> ara::Result<()> {
    // Cargo adds an argument of its own.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [memory::CHILD, file, url] => return memory::in_child(file, url),
        [idle::CHILD, file, url, seconds] => return idle::in_child(file, url, seconds),
        _ => {}
    }
    let heading = machine();
    let stores = Store::all();
    let with_others = arguments.iter().any(|it| it == others::WANTED);
    let others = others::names().filter(|_| with_others);
    let columns: Vec<_> = stores.iter().map(Store::name).chain(others).collect();
    let mut report = Report::with_columns(&arguments, &columns);
    for store in &stores {
        report.begin_column(store.name());
        measure(&mut report, store)?;
    }
    if with_others {
        others::others(&mut report);
    }
    report.finish(&heading);
    Ok(())
}

fn measure(report: &mut Report, store: &Store) -> ara::Result<()> {
    bulk::bulk(report, store)?;
    wire::in_bulk(report, store)?;
    wire::one_at_a_time(report, store)?;
    latency::latency(report, store)?;
    crowd::crowd(report, store)?;
    connected::connected(report, store)?;
    memory::first_sync(report, store)?;
    idle::idle(report, store)
}
