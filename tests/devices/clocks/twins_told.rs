//! What lists, histories and undo tell of two states of one file, and what they do once they know of each other.

use std::collections::BTreeSet;

use ara::prelude::*;
use ara::{TransactionId, VersionVector};

use crate::clocks::twins::{CLOCKS, Twins};
use crate::clocks::{Device, MINUTE, NOW, Page, Todo, send, sync};
use support::{Outcome, There, verified};

fn listed(device: &Device) -> ara::Result<Vec<TransactionId>> {
    device.transactions().map(|told| Ok(told?.id)).collect()
}

/// Each of both is listed, and each once: also those of one number and one time.
#[test]
fn both_are_listed() -> Outcome {
    for (name, walls) in CLOCKS {
        let phone = Device::showing(NOW)?;
        let (mut twins, milk) = Twins::new(NOW, |device| device.add("milk"))?;
        let mut own = Vec::new();
        for side in [0, 1] {
            twins.set(walls[side]);
            own.push(twins.on(side, |device| {
                let mut own = Vec::new();
                for n in 0..4 {
                    device.edit(milk, &format!("milk, {n} by {side}"))?;
                    own.push(device.last_transaction()?.there()?);
                }
                let known = listed(device)?;
                assert!(own.iter().all(|own| known.contains(own)));
                assert_eq!(known.len(), 5);
                sync(device, &phone)?;
                Ok(own)
            })?);
        }
        twins.unite(&[&phone])?;
        let all = listed(&phone)?;
        let distinct: BTreeSet<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!((all.len(), distinct.len()), (9, 9), "{name}");
        // Their ids are what they were.
        assert!(own.iter().flatten().all(|own| all.contains(own)), "{name}");
        let history = phone.history(milk)?;
        assert_eq!(history.len(), 9, "{name}");
        for side in &own {
            // Of each side they are in the order in which it wrote.
            let told = history.iter().map(|change| &change.transaction);
            let told: Vec<_> = told.filter(|told| side.contains(told)).collect();
            assert!(told.into_iter().eq(side), "{name}");
        }
        for at in 0..all.len() {
            let rest = phone.transactions().before(all[at]);
            let rest: Vec<_> = rest.map(|told| Ok(told?.id)).collect::<ara::Result<_>>()?;
            assert_eq!(rest, all[at + 1..], "{name}");
        }
    }
    Ok(())
}

/// To undo one of two that are in one place undoes that one.
#[test]
fn one_of_them_is_undone_alone() -> Outcome {
    for (name, walls) in CLOCKS {
        let phone = Device::showing(NOW)?;
        let (mut twins, page) =
            Twins::new(NOW, |device| Ok(device.create(Page::draft().title("page").hits(1))?))?;
        let mut own = Vec::new();
        for side in [0, 1] {
            twins.set(walls[side]);
            own.push(twins.on(side, |device| {
                let id = device.transaction(|tx| {
                    tx.update(Page::patch(page).hits(Counter::add([5, 7][side])))?;
                    tx.create(Todo::draft().title(format!("by {side}")))
                })?;
                let transaction = device.last_transaction()?.there()?;
                sync(device, &phone)?;
                Ok((id, transaction))
            })?);
        }
        twins.unite(&[&phone])?;
        phone.set(NOW + MINUTE);
        assert_eq!((phone.titles()?.len(), phone.hits(page)?), (2, 13), "{name}");
        let undone = phone.undo(own[0].1)?;
        assert_eq!((undone.written, undone.left), (2, 0), "{name}");
        assert_eq!((phone.titles()?, phone.hits(page)?), (vec!["by 1".to_owned()], 8), "{name}");
        twins.unite(&[&phone])?;
        phone.undo(own[1].1)?;
        assert_eq!((phone.titles()?.len(), phone.hits(page)?), (0, 1), "{name}");
        // Both can be done again.
        phone.undo(undone.transaction.there()?)?;
        assert_eq!((phone.titles()?, phone.hits(page)?), (vec!["by 0".to_owned()], 6), "{name}");
        twins.unite(&[&phone])?;
        verified(&phone)?;
    }
    Ok(())
}

/// A merge tells that it has found them, and each goes on under an id of its own. Then all is quiet.
#[test]
fn they_go_on_as_two_devices() -> Outcome {
    for (name, walls) in CLOCKS {
        let phone = Device::showing(NOW)?;
        let (mut twins, node) = Twins::new(NOW, |device| {
            device.add("milk")?;
            Ok(device.node()?)
        })?;
        let mut forked = 0;
        for side in [0, 1] {
            twins.set(walls[side]);
            twins.on(side, |device| {
                device.add(&format!("by {side}"))?;
                assert_eq!(device.node()?, node, "{name}: it does not know of the other one");
                let reports = send(device, &phone)?.into_iter().chain(send(&phone, device)?);
                for report in reports {
                    assert!(report.refused.is_empty(), "{name}: {report:?}");
                    assert!(report.forked.iter().all(|forked| *forked == node));
                    forked += report.forked.len();
                }
                Ok(())
            })?;
        }
        assert!(forked > 0, "{name}");
        twins.unite(&[&phone])?;
        for side in [0, 1] {
            twins.on(side, |device| {
                device.add(&format!("by {side}, again"))?;
                assert_ne!(device.node()?, node);
                Ok(())
            })?;
        }
        phone.add("by the phone")?;
        twins.unite(&[&phone])?;
        assert_eq!(phone.version_vector()?.len(), 4, "{name}");
        assert_eq!(phone.titles()?.len(), 6, "{name}");
        for side in [0, 1] {
            twins.on(side, |device| {
                let nothing = send(device, &phone)?.is_empty() && send(&phone, device)?.is_empty();
                assert!(nothing, "{name}: there is something to be sent still");
                Ok(())
            })?;
        }
        // What was received once changes nothing when it comes again.
        for changes in phone.changes_since(&VersionVector::default())? {
            let changes = changes?;
            let again = twins.on(0, |device| Ok(device.merge(&changes)?))?;
            assert_eq!((again.changes, again.forked.len()), (0, 0), "{name}");
        }
    }
    Ok(())
}
