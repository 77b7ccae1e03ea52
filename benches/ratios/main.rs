//! What ara costs, as a ratio to hand-written rusqlite that does the same work in the same run.
//!
//! `cargo bench --bench ratios`, or with a word to run only the rows whose name contains it:
//! `cargo bench --bench ratios -- create`. Both sides take turns, round by round, and the ratio is
//! that of their medians. What each side wrote and read is checked, outside what is timed.

mod apart;
mod bulk;
mod by_hand;
mod conflicts;
mod counters;
mod fifty;
mod lengths;
mod lenses;
mod merge;
mod pages;
mod queries;
mod report;
mod search;
mod shop;
mod tables;
mod watch;
mod work;

fn main() -> ara::Result<()> {
    let word = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let mut report = report::Report::new(word);
    work::mutations(&mut report)?;
    work::reads(&mut report)?;
    bulk::bulk(&mut report)?;
    lengths::lengths(&mut report)?;
    queries::queries(&mut report)?;
    work::files(&mut report)?;
    merge::merges(&mut report)?;
    conflicts::conflicts(&mut report)?;
    counters::counters(&mut report)?;
    lenses::lenses(&mut report)?;
    watch::watches(&mut report)?;
    search::search(&mut report)?;
    report.print();
    Ok(())
}
