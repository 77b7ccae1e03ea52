//! What sync costs: devices with files, and the relay as it is shipped, in a process of its own, over loopback.
//!
//! `cargo bench -p ara-relay`, or with a word to run only the rows whose name contains it:
//! `cargo bench -p ara-relay -- pull`. With `--divide=100` everything is a hundredth of its size, which takes seconds
//! and tells whether the rows run, but nothing about their targets. What arrives is checked, outside what is measured.

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
mod proxy;
mod relay;
mod tables;
mod wire;

use ara_measure::Report;

fn main() -> ara::Result<()> {
    // Cargo adds an argument of its own.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [memory::CHILD, file, url] => return memory::in_child(file, url),
        [idle::CHILD, file, url, seconds] => return idle::in_child(file, url, seconds),
        _ => {}
    }
    let mut report = Report::new(&arguments);
    bulk::bulk(&mut report)?;
    wire::in_bulk(&mut report)?;
    wire::one_at_a_time(&mut report)?;
    latency::latency(&mut report)?;
    crowd::crowd(&mut report)?;
    connected::connected(&mut report)?;
    memory::first_sync(&mut report)?;
    idle::idle(&mut report)
}
