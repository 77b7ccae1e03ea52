//! What devices add adds up, whatever their clocks show.

use ara::prelude::*;

use crate::clocks::{Device, HOUR, MINUTE, NOW, Page, SECOND, YEAR, meet, send, sync};
use support::{Outcome, verified};

/// Fails unless all count so many.
#[track_caller]
fn count(devices: &[&Device], page: Id<Page>, hits: i64) {
    for (number, device) in devices.iter().enumerate() {
        assert_eq!(device.hits(page).expect("it is there"), hits, "device {number}");
    }
}

/// One adds before its clock is ahead, while it is, and after; another one compacts in between.
#[test]
fn what_was_added_ahead_adds_up_after_compaction() -> Outcome {
    for (ahead, of_peer) in [
        (6 * MINUTE, 4 * MINUTE),
        (4 * MINUTE, 6 * MINUTE),
        (8 * MINUTE, 4 * MINUTE),
        (8 * MINUTE, 0),
        (HOUR, 0),
        (YEAR, 0),
        (YEAR, YEAR),
        (0, YEAR),
        (-YEAR, 0),
        (-NOW, NOW),
    ] {
        for compacts in [[false, true], [true, false], [true, true]] {
            add_and_compact(ahead, of_peer, compacts)
                .map_err(|error| format!("{ahead}, {of_peer}, {compacts:?}: {error}"))?;
        }
    }
    Ok(())
}

fn add_and_compact(ahead: i64, of_peer: i64, compacts: [bool; 2]) -> Outcome {
    let (device, peer) = (Device::showing(NOW)?, Device::showing(NOW + of_peer)?);
    let all = [&device, &peer];
    let page = device.create(Page::draft().title("page").hits(10))?;
    device.set(NOW + ahead);
    device.hit(page, 5)?;
    meet(&all)?;
    count(&all, page, 15);
    let vectors = [device.version_vector()?, peer.version_vector()?];
    for (device, _) in all.iter().zip(compacts).filter(|(_, compacts)| *compacts) {
        device.compact(&vectors)?;
    }
    device.set(NOW + SECOND);
    peer.set(NOW + SECOND);
    device.hit(page, 1)?;
    meet(&all)?;
    count(&all, page, 16);

    device.set(NOW + 2 * YEAR);
    peer.set(NOW + 2 * YEAR);
    device.update(Page::patch(page).title("later"))?;
    peer.hit(page, 100)?;
    meet(&all)?;
    count(&all, page, 116);
    for from in all {
        let fresh = Device::showing(NOW)?;
        send(from, &fresh)?;
        count(&[&fresh], page, 116);
        fresh.hit(page, 1000)?;
        sync(&fresh, from)?;
        count(&[&fresh, from], page, 1116);
        // It is taken back, so that the other one begins with the same.
        fresh.hit(page, -1000)?;
        meet(&[&device, &peer, &fresh])?;
    }
    for device in all {
        device.rebuild()?;
        verified(device)?;
    }
    count(&all, page, 116);
    Ok(())
}

/// It is deleted and restored, compacted and added to, with clocks that jump.
#[test]
fn jumps_and_compactions_add_up() -> Outcome {
    let (device, peer) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let page = device.create(Page::draft().title("page").hits(0))?;
    sync(&device, &peer)?;
    let mut sum = 0;
    let jumps = [YEAR, -NOW, MINUTE, 0, 2 * YEAR, -HOUR, 6 * MINUTE, -YEAR, HOUR];
    for (amount, jump) in (1..).zip(jumps) {
        device.set(NOW + jump);
        peer.set(NOW - jump);
        device.hit(page, amount)?;
        peer.hit(page, 10 * amount)?;
        device.hit(page, amount)?;
        sum += 12 * amount;
        meet(&[&device, &peer])?;
        count(&[&device, &peer], page, sum);
        let vectors = [device.version_vector()?, peer.version_vector()?];
        if amount % 2 == 0 {
            device.compact(&vectors)?;
        } else {
            peer.compact(&vectors)?;
        }
        device.delete(page)?;
        device.restore(page)?;
    }
    let fresh = Device::showing(0)?;
    meet(&[&device, &peer, &fresh])?;
    count(&[&device, &peer, &fresh], page, sum);
    Ok(())
}

/// Additions that arrive late, twice, in any order, through others, with clocks that show anything.
#[test]
fn they_add_up_in_any_order() -> Outcome {
    let walls = [NOW, NOW + YEAR, 0, i64::MAX];
    let devices = walls.iter().map(|wall| Device::showing(*wall)).collect::<Outcome<Vec<_>>>()?;
    let page = Id::from_key("page");
    let (mut sum, mut kept) = (0, Vec::new());
    for (hits, device) in (1..).zip(&devices) {
        device.create(Page::draft().id(page).title("page").hits(hits))?;
        sum += hits;
    }
    for round in 0..12_usize {
        for (number, device) in devices.iter().enumerate() {
            let amount = (round % 3) as i64 - 1 + number as i64;
            device.hit(page, amount)?;
            sum += amount;
            let to = &devices[(number + round) % 4];
            for changes in device.changes_since(&to.version_vector()?)?.in_batches_of(1) {
                let changes = changes?;
                if round % 2 == 0 {
                    to.merge(&changes)?;
                }
                kept.push(changes);
            }
        }
        // A clock goes wrong in another way.
        devices[round % 4].set(walls[(round + 1) % 4]);
    }
    for device in &devices {
        for changes in kept.iter().rev() {
            device.merge(changes)?;
        }
    }
    let all: Vec<_> = devices.iter().collect();
    meet(&all)?;
    count(&all, page, sum);
    Ok(())
}

/// A file that was written ahead goes on as another device: what both add counts.
#[test]
fn a_copy_of_a_file_written_ahead_adds_up() -> Outcome {
    let (file, copy) = (support::File::new()?, support::File::new()?);
    let (wall, phone) = (crate::clocks::wall(NOW), Device::showing(NOW)?);
    let device = Device::opened(file.path(), &wall)?;
    let page = device.create(Page::draft().title("page").hits(10))?;
    wall.set(NOW + YEAR);
    device.hit(page, 5)?;
    device.backup(copy.path())?;
    device.hit(page, 100)?;
    wall.set(NOW + MINUTE);
    let copy = Device::opened(copy.path(), &wall)?;
    copy.hit(page, 1)?;
    device.hit(page, 1000)?;
    sync(&copy, &phone)?;
    count(&[&copy, &phone], page, 16);
    meet(&[&copy, &phone, &device])?;
    count(&[&copy, &phone, &device], page, 1116);
    Ok(())
}
