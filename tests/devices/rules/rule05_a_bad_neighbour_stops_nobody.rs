//! A bad neighbour cannot stop the others.

use ara::prelude::*;
use ara::{Reason, Timestamp};

use crate::rules::{NOW, Todo, at, damage, send, todos};
use support::{File, Outcome, There, verified};

/// Of a node whose changes are not what they were, those before stay, and others are not kept waiting.
#[test]
fn what_was_damaged_is_refused_for_its_node_alone() -> Outcome {
    let (file, tablet, phone) = (File::new()?, Database::memory()?, Database::memory()?);
    let laptop = file.open()?;
    laptop.create(Todo::draft().title("Buy milk"))?;
    laptop.create(Todo::draft().title("Make tea"))?;
    tablet.create(Todo::draft().title("Call home"))?;
    send(&tablet, &laptop)?;
    let tea = "Make tea";
    damage(&file, tea)?;
    let report = send(&laptop, &phone)?.remove(0);
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].reason, Reason::Digest);
    let titles = |db: &Database| -> ara::Result<Vec<_>> {
        let titles = db.query::<Todo>().order_by(Todo::title).all()?;
        Ok(titles.into_iter().filter_map(|todo| todo.title).collect())
    };
    assert_eq!(titles(&phone)?, ["Buy milk", "Call home"]);
    verified(&phone)?;
    // Others go on, and the next merge makes progress.
    tablet.create(Todo::draft().title("Dance"))?;
    send(&tablet, &laptop)?;
    let report = send(&laptop, &phone)?.remove(0);
    assert_eq!((report.changes, report.refused.len()), (1, 1));
    assert_eq!(titles(&phone)?, ["Buy milk", "Call home", "Dance"]);
    // What it was comes through another way.
    damage_undone(&file, tea)?;
    assert!(send(&laptop, &phone)?[0].refused.is_empty());
    assert_eq!(titles(&phone)?, ["Buy milk", "Call home", "Dance", "Make tea"]);
    assert_eq!(todos(&phone)?, todos(&laptop)?);
    verified(&phone)
}

fn damage_undone(file: &File, text: &str) -> Outcome {
    // The bit that was flipped is the lowest of the first letter.
    let mut damaged = text.as_bytes().to_vec();
    damaged[0] ^= 1;
    damage(file, std::str::from_utf8(&damaged)?)
}

/// However far ahead a device's clock is, nobody waits for it, and who writes what it wrote wins.
#[test]
fn a_clock_ahead_keeps_nobody_waiting() -> Outcome {
    let phone = at(NOW, 1)?;
    for (seed, ahead) in [(2, 5 * 60 * 1000 + 1), (3, 365 * 24 * 3_600_000)] {
        let fast = at(NOW + ahead, seed)?;
        let todo = fast.create(Todo::draft().title("Buy milk"))?;
        let report = send(&fast, &phone)?.remove(0);
        assert_eq!((report.set_aside, report.refused.len()), (0, 0));
        assert!(phone.update(Todo::patch(todo).title("Buy oat milk"))?);
        send(&phone, &fast)?;
        for db in [&phone, &fast] {
            assert_eq!(db.get(todo)?.there()?.title.as_deref(), Some("Buy oat milk"));
            verified(db)?;
        }
    }
    Ok(())
}

#[test]
fn no_clock_makes_a_write_fail() -> Outcome {
    for millis in [i64::MIN, -1, 0, NOW, 1 << 46, i64::MAX] {
        let db =
            Database::options().clock(move || Timestamp::from_millis(millis)).seed(1).memory()?;
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        assert!(db.update(Todo::patch(milk).stars(1))?);
        let phone = at(NOW, 2)?;
        send(&db, &phone)?;
        let tea = phone.create(Todo::draft().title("Make tea"))?;
        assert_eq!(phone.get(tea)?.there()?.created_at.millis(), NOW);
        send(&phone, &db)?;
        assert!(db.update(Todo::patch(milk).stars(2))?);
        verified(&db)?;
        verified(&phone)?;
    }
    Ok(())
}
