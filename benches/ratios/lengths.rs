//! What the length of a row's longest text does to the work. SQLite keeps a long row partly in pages of its
//! own, from a length on that depends on how the table is made.

use ara::Result;

use crate::by_hand;
use crate::report::{Report, Target};
use crate::tables::values;
use crate::work::{Pair, SMALL_TRANSACTIONS, create, create_each, get, update};

pub fn lengths(report: &mut Report) -> Result<()> {
    creates(report)?;
    gets(report)?;
    updates(report)?;
    sizes(report)
}

fn creates(report: &mut Report) -> Result<()> {
    for (name, length, most) in [
        ("create, one transaction, 60 characters", 60, 1.6),
        ("create, one transaction, 1,000 characters", 1000, 2.0),
        ("create, one transaction, 3,000 characters", 3000, 2.0),
        ("create, one transaction, 10,000 characters", 10_000, 2.2),
    ] {
        create(report, name, Target::Ratio(most), || values(rows(length), length))?;
    }
    for (name, length, most) in [
        ("create, each its own, 60 characters", 60, 1.7),
        ("create, each its own, 1,000 characters", 1000, 1.8),
        ("create, each its own, 3,000 characters", 3000, 1.9),
        ("create, each its own, 10,000 characters", 10_000, 1.9),
    ] {
        let rows = rows(length).min(SMALL_TRANSACTIONS);
        create_each(report, name, Target::Ratio(most), || values(rows, length))?;
    }
    Ok(())
}

fn gets(report: &mut Report) -> Result<()> {
    for (name, length) in [
        ("get by id, 60 characters", 60),
        ("get by id, 1,000 characters", 1000),
        ("get by id, 3,000 characters", 3000),
        ("get by id, 10,000 characters", 10_000),
    ] {
        if report.wants(name) {
            let pair = Pair::filled(&values(rows(length), length))?;
            by_hand::become_reader(&pair.by_hand)?;
            get(report, name, Target::Ratio(1.05), &pair)?;
        }
    }
    Ok(())
}

fn updates(report: &mut Report) -> Result<()> {
    for (name, length, most) in [
        ("update one column by id, 60 characters", 60, 1.4),
        ("update one column by id, 1,000 characters", 1000, 1.15),
        ("update one column by id, 3,000 characters", 3000, 1.15),
        ("update one column by id, 10,000 characters", 10_000, 1.15),
    ] {
        update(report, name, Target::Ratio(most), || values(rows(length), length))?;
    }
    Ok(())
}

fn sizes(report: &mut Report) -> Result<()> {
    for (name, length) in [
        ("bytes in the file, 60 characters", 60),
        ("bytes in the file, 700 characters", 700),
        ("bytes in the file, 1,000 characters", 1000),
        ("bytes in the file, 2,000 characters", 2000),
        ("bytes in the file, 3,000 characters", 3000),
        ("bytes in the file, 10,000 characters", 10_000),
    ] {
        if report.wants(name) {
            let [ours, by_hand] = Pair::filled(&values(rows(length), length))?.sizes()?;
            report.add(name, Target::Ratio(2.0), ours, by_hand);
        }
    }
    Ok(())
}

/// How many rows of a length there are: more of short ones, so that each file has some 20 MB or more.
fn rows(length: usize) -> usize {
    (20_000_000 / length).min(100_000)
}
