//! Logs that were compacted while a clock was wrong, or before it was put right.

use ara::prelude::*;

use crate::clocks::{DAY, Device, HOUR, MINUTE, NOW, SECOND, Todo, YEAR, meet, pass, see, send};
use support::Outcome;

/// Two write the same at once, one of them eight minutes ahead; anybody compacts, and then it is put right.
#[test]
fn who_won_goes_on_winning() -> Outcome {
    for compacts in [None, Some(0), Some(1), Some(2)] {
        let fast = Device::showing(NOW + 8 * MINUTE)?;
        let (tablet, phone) =
            (Device::showing(NOW + 4 * MINUTE)?, Device::showing(NOW + 4 * MINUTE)?);
        let all = [&fast, &tablet, &phone];
        let milk = phone.add("Buy milk")?;
        meet(&all)?;
        pass(&all, SECOND);
        phone.edit(milk, "by the phone")?;
        fast.edit(milk, "by the fast one")?;
        meet(&all)?;
        see(&all, milk, "by the fast one");
        let vectors = all.iter().map(|device| device.version_vector());
        let vectors = vectors.collect::<ara::Result<Vec<_>>>()?;
        if let Some(compacts) = compacts {
            all[compacts].compact(&vectors)?;
        }
        pass(&all, SECOND);
        fast.set(NOW + 2 * SECOND);
        let tea = fast.add("Make tea")?;
        meet(&all)?;
        pass(&all, DAY);
        meet(&all)?;
        see(&all, milk, "by the fast one");
        see(&all, tea, "Make tea");
        phone.edit(milk, "by the phone, later")?;
        meet(&all)?;
        see(&all, milk, "by the phone, later");
    }
    Ok(())
}

/// Between two batches of what is sent, the sender compacts, undoes, or has its clock put right.
#[test]
fn what_happens_between_two_batches_loses_nothing() -> Outcome {
    for what in ["nothing", "compacts", "undoes", "is put right", "goes ahead"] {
        let (device, peer) = (Device::showing(NOW)?, Device::showing(NOW)?);
        let ids = device.create_all((0..10).map(|_| Todo::draft().title("Think")))?;
        for round in 0..10 {
            device.wall.advance(1);
            for id in &ids {
                device.update(Todo::patch(*id).stars(round))?;
            }
        }
        if what == "is put right" {
            device.set(NOW + YEAR);
            for id in &ids {
                device.update(Todo::patch(*id).stars(99))?;
            }
        }
        let sent = device.changes_since(&peer.version_vector()?)?.in_batches_of(300);
        for (number, changes) in sent.enumerate() {
            if number == 3 {
                match what {
                    "compacts" => drop(device.compact(&[device.version_vector()?])?),
                    "undoes" => {
                        let last = device.last_transaction()?.ok_or("has written")?;
                        device.undo(last)?;
                    }
                    "is put right" | "goes ahead" => {
                        device.set(NOW + if what == "goes ahead" { YEAR } else { HOUR });
                        device.add("between")?;
                    }
                    _ => {}
                }
            }
            // What is not given any more is given at the next time.
            let Ok(changes) = changes else { break };
            peer.merge(&changes)?;
        }
        assert!(send(&device, &peer)?.iter().all(|report| report.refused.is_empty()), "{what}");
        meet(&[&device, &peer]).map_err(|error| format!("{what}: {error}"))?;
        assert!(send(&device, &peer)?.is_empty() && send(&peer, &device)?.is_empty());
    }
    Ok(())
}

/// Each compacts what it knows itself, while others lack it, and clocks differ by years.
#[test]
fn devices_that_compact_alone_agree() -> Outcome {
    for walls in
        [[NOW; 5], [NOW, NOW + YEAR, NOW - YEAR, 0, i64::MAX], [0, 0, NOW, NOW + 6 * MINUTE, 0]]
    {
        let devices = walls.iter().map(|wall| Device::showing(*wall));
        let devices = devices.collect::<Outcome<Vec<_>>>()?;
        let ids: Vec<_> = (0..6).map(|n| devices[0].add(&n.to_string())).collect::<Outcome<_>>()?;
        for other in &devices[1..4] {
            send(&devices[0], other)?;
        }
        for round in 0..150_usize {
            let from = (round * 7 + round / 3) % 4;
            let device = &devices[from];
            let patch = Todo::patch(ids[round % 6]).stars(round as i64);
            device.update(patch.title(format!("{from} {round}")))?;
            if round % 5 == 0 {
                device.compact(&[device.version_vector()?])?;
            }
            if round % 40 == 39 {
                device.set(walls[round % 5]);
            }
            if round % 4 != 3 {
                send(device, &devices[(from + 1 + round % 3) % 4])?;
            }
        }
        send(&devices[2], &devices[4])?;
        let all: Vec<_> = devices.iter().collect();
        meet(&all).map_err(|error| format!("{walls:?}: {error}"))?;
        devices[4].edit(ids[0], "in the end")?;
        meet(&all)?;
        see(&all, ids[0], "in the end");
    }
    Ok(())
}
