//! The list of transactions and the history of a row leave nothing out, and tell nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use ara::prelude::*;
use ara::{Stored, TransactionId, TransactionSummary, VersionVector};

use crate::clocks::situations::situations;
use crate::clocks::{DAY, Device, HOUR, MINUTE, NOW, Todo, YEAR, meet, send};
use support::random::Random;
use support::{Outcome, There};

fn listed(db: &Database) -> ara::Result<Vec<TransactionSummary>> {
    db.transactions().collect()
}

fn ids(listed: &[TransactionSummary]) -> Vec<TransactionId> {
    listed.iter().map(|told| told.id).collect()
}

/// Pages of so many, one after the other.
fn paged(db: &Database, size: usize) -> Outcome<Vec<TransactionId>> {
    let mut paged: Vec<TransactionId> = Vec::new();
    loop {
        let page = match paged.last() {
            None => db.transactions(),
            Some(last) => db.transactions().before(*last),
        };
        let page: Vec<_> = page.take(size).collect::<ara::Result<_>>()?;
        if page.is_empty() {
            return Ok(paged);
        }
        paged.extend(ids(&page));
        assert!(paged.len() < 10_000, "pages go round in a circle");
    }
}

fn distinct(ids: &[TransactionId]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Each of them was written in a transaction of its own.
#[test]
fn each_transaction_is_listed_once() -> Outcome {
    for situation in situations()? {
        let written = situation.written().borrow().len();
        for device in &situation.devices {
            let all = ids(&listed(device)?);
            assert_eq!(all.len(), written, "{}", situation.name);
            assert_eq!(distinct(&all).len(), written, "{}", situation.name);
            for size in [1, 3] {
                assert_eq!(paged(device, size)?, all, "{}, by {size}", situation.name);
            }
        }
        // What a merge tells of is the same.
        let fresh = Device::showing(NOW)?;
        let reports = send(&situation.devices[0], &fresh)?;
        let told: Vec<_> = reports.into_iter().flat_map(|report| report.transactions).collect();
        assert_eq!(told.len(), written, "{}", situation.name);
        assert_eq!(distinct(&told), distinct(&ids(&listed(&fresh)?)), "{}", situation.name);
    }
    Ok(())
}

#[test]
fn each_change_of_a_row_is_in_its_history() -> Outcome {
    for situation in situations()? {
        let mut written: BTreeMap<Id<Todo>, BTreeSet<String>> = BTreeMap::new();
        for (id, title) in situation.written().borrow().iter() {
            assert!(written.entry(*id).or_default().insert(title.clone()), "titles differ");
        }
        for device in &situation.devices {
            let listed = distinct(&ids(&listed(device)?));
            for (id, titles) in &written {
                let history = device.history(*id)?;
                assert_eq!(history.len(), titles.len(), "{}", situation.name);
                let mut told = Vec::new();
                for change in &history {
                    assert!(listed.contains(&change.transaction.to_string()));
                    for column in change.columns.iter().filter(|column| column.column == "title") {
                        told.push((column.to.clone(), column.is_current));
                    }
                }
                let as_told = |title: &String| Some(Stored::Text(title.clone().into()));
                assert!(titles.iter().all(|title| {
                    told.iter().filter(|(to, _)| *to == as_told(title)).count() == 1
                }));
                // The last one is the one that the row shows.
                let current: Vec<_> = told.iter().map(|(_, is_current)| *is_current).collect();
                assert!(current.ends_with(&[true]), "{}: {current:?}", situation.name);
                assert_eq!(current.iter().filter(|is_current| **is_current).count(), 1);
                let shown = device.title(*id)?.there()?;
                assert_eq!(told.last().there()?.0, as_told(&shown), "{}", situation.name);
            }
        }
    }
    Ok(())
}

/// All devices that know the same tell the same.
#[test]
fn all_devices_tell_the_same() -> Outcome {
    for situation in situations()? {
        let first = &situation.devices[0];
        for device in &situation.devices {
            assert_eq!(ids(&listed(device)?), ids(&listed(first)?), "{}", situation.name);
            for todo in first.query::<Todo>().all()? {
                let (one, other) = (device.history(todo.id)?, first.history(todo.id)?);
                assert_eq!(one, other, "{}", situation.name);
            }
        }
    }
    Ok(())
}

/// A transaction shows what the clock showed, and they are listed by it: one is never before an earlier one
/// of its own device.
#[test]
fn a_list_shows_what_clocks_showed() -> Outcome {
    let device = Device::showing(NOW)?;
    let milk = device.add("0")?;
    let mut walls = vec![NOW];
    for wall in [NOW + YEAR, NOW + MINUTE, 0, NOW + HOUR, NOW + 2 * YEAR, NOW - DAY, NOW + DAY] {
        device.set(wall);
        device.edit(milk, &wall.to_string())?;
        walls.push(wall);
    }
    let times: Vec<_> = device.history(milk)?.iter().map(|change| change.time.millis()).collect();
    assert_eq!(times, walls);
    let mut listed: Vec<_> = listed(&device)?.iter().map(|told| told.time.millis()).collect();
    listed.reverse();
    assert_eq!(listed, walls);
    Ok(())
}

/// Devices whose clocks jump both ways: pages of any length, begun anywhere, tell the rest.
#[test]
fn pages_leave_nothing_out_when_clocks_jump() -> Outcome {
    let mut random = Random::new();
    let devices = [Device::showing(NOW)?, Device::showing(NOW)?, Device::showing(NOW)?];
    for n in 0..120 {
        let device = &devices[random.below(3)];
        match random.below(6) {
            0 => device.set(NOW + YEAR + n),
            1 => device.set(NOW - DAY + n),
            2 => device.set(n),
            3 => device.set(NOW + n),
            _ => device.wall.advance(random.below(3) as i64 * MINUTE),
        }
        device.add(&n.to_string())?;
    }
    meet(&[&devices[0], &devices[1], &devices[2]])?;
    for device in &devices {
        let all = listed(device)?;
        assert_eq!(distinct(&ids(&all)).len(), 120);
        in_order(&all);
        let all = ids(&all);
        for size in [1, 7, 50] {
            assert_eq!(paged(device, size)?, all);
        }
        for at in 0..all.len() {
            let rest = device.transactions().before(all[at]);
            let rest: Vec<_> = rest.map(|told| Ok(told?.id)).collect::<ara::Result<_>>()?;
            assert_eq!(rest, all[at + 1..]);
        }
    }
    Ok(())
}

/// Between two pages, devices whose clocks jump write more, and it is merged.
#[test]
fn what_comes_between_two_pages_hides_nothing() -> Outcome {
    let mut random = Random::new();
    let (device, other) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let jump = |device: &Device, random: &mut Random| {
        let walls = [NOW, NOW + YEAR, NOW - DAY, 0, NOW + HOUR, NOW + MINUTE];
        device.set(walls[random.below(walls.len())]);
    };
    for n in 0..60 {
        let device = if random.below(2) == 0 { &device } else { &other };
        jump(device, &mut random);
        device.add(&n.to_string())?;
    }
    meet(&[&device, &other])?;
    let all = ids(&listed(&device)?);
    let mut paged: Vec<TransactionId> = Vec::new();
    for number in 0..100 {
        let page = match paged.last() {
            None => device.transactions(),
            Some(last) => device.transactions().before(*last),
        };
        let page: Vec<_> = page.take(7).collect::<ara::Result<_>>()?;
        paged.extend(ids(&page));
        if page.len() < 7 {
            break;
        }
        // In the end nothing more comes.
        if number < 10 {
            jump(&device, &mut random);
            jump(&other, &mut random);
            device.add(&format!("between, {number}"))?;
            other.add(&format!("between, by the other, {number}"))?;
            send(&other, &device)?;
        }
    }
    assert_eq!(distinct(&paged).len(), paged.len());
    let told: Vec<_> = paged.into_iter().filter(|id| all.contains(id)).collect();
    assert_eq!(told, all);
    Ok(())
}

/// Newest first: by the greatest date that a device had shown so far.
#[track_caller]
fn in_order(all: &[TransactionSummary]) {
    let mut greatest = BTreeMap::new();
    let mut last = i64::MIN;
    for told in all.iter().rev() {
        let greatest = greatest.entry(told.node).or_insert(i64::MIN);
        *greatest = (*greatest).max(told.time.millis());
        assert!(last <= *greatest, "{told:?} is listed after a later one");
        last = *greatest;
    }
}

/// What comes in parts is told whole in the end, whatever is asked of whom in between.
#[test]
fn what_comes_in_parts_is_listed_once() -> Outcome {
    for situation in situations()? {
        let from = &situation.devices[0];
        let fresh = Device::showing(0)?;
        let mut count = 0;
        for changes in from.changes_since(&VersionVector::default())?.in_batches_of(1) {
            count += fresh.merge(&changes?)?.transactions.len();
            let known = ids(&listed(&fresh)?);
            assert_eq!((known.len(), distinct(&known).len()), (count, count));
            assert_eq!(paged(&fresh, 2)?, known, "{}", situation.name);
        }
        assert_eq!(ids(&listed(&fresh)?), ids(&listed(from)?), "{}", situation.name);
    }
    Ok(())
}
