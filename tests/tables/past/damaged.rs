//! The list of transactions, and compaction, where a piece of the log is damaged.

use ara::TransactionId;
use ara::prelude::*;

use crate::past::Todo;
use support::{File, Outcome, log, send, verified};

fn listed(db: &Database) -> ara::Result<Vec<TransactionId>> {
    db.transactions().map(|listed| Ok(listed?.id)).collect()
}

fn damage(file: &File, pos: i64) -> Outcome {
    file.tamper(&format!("UPDATE ara_log SET data = zeroblob(length(data)) WHERE pos = {pos}"))
}

/// Small transactions, and one that lies in several pieces; some arrived from another device.
fn made() -> Outcome<(File, Database)> {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    let title = "Make tea ".repeat(20);
    for stars in 0..4 {
        db.create(Todo::draft().title("Buy milk").stars(stars))?;
        other.create(Todo::draft().title("Bake bread").stars(stars))?;
        if stars == 2 {
            db.create_all((0..400).map(|stars| Todo::draft().title(&*title).stars(stars)))?;
        }
        send(&other, &db)?;
    }
    Ok((file, other))
}

/// Whichever piece is damaged, all transactions that end in others are listed, in their order, and page by page.
#[test]
fn what_can_be_read_is_listed() -> Outcome {
    let places = log::piece::pieces(&made()?.0.sqlite()?)?.len();
    assert!(places > 7);
    for damaged in 0..places {
        let (file, other) = made()?;
        let db = file.open()?;
        let before = listed(&db)?;
        let piece = log::piece::pieces(&file.sqlite()?)?.remove(damaged);
        let node = if piece.node() == 1 { db.node()? } else { other.node()? };
        let numbers = piece.changes.iter().filter(|change| change.ends).map(|change| change.number);
        let lost: Vec<_> = numbers.map(|number| format!("{node}@{number}.")).collect();
        damage(&file, piece.pos)?;
        let is_lost = |id: &TransactionId| lost.iter().any(|of| id.to_string().starts_with(of));
        let expected: Vec<_> = before.iter().copied().filter(|id| !is_lost(id)).collect();
        assert_eq!(listed(&db)?, expected, "piece {damaged}");
        for (at, id) in before.iter().enumerate() {
            let next = db.transactions().before(*id).next().transpose()?.map(|next| next.id);
            let after = before[at + 1..].iter().copied().find(|id| !is_lost(id));
            assert!(is_lost(id) || next == after, "piece {damaged}, after {at}");
        }
        assert!(!db.verify()?.holds());
        // The writer goes on.
        db.create(Todo::draft().title("Call home"))?;
        assert_eq!(listed(&db)?[1..], expected);
    }
    Ok(())
}

/// Nothing is dropped, as what covers it may lie in the damaged piece. It is once the log is whole again.
#[test]
fn nothing_is_dropped() -> Outcome {
    for damaged in 0..3 {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        db.update(Todo::patch(milk).stars(1))?;
        db.update(Todo::patch(milk).stars(2))?;
        send(&db, &other)?;
        let changes = file.logged()?;
        let devices = [db.version_vector()?, other.version_vector()?];
        let pos = log::piece::pieces(&file.sqlite()?)?.remove(damaged).pos;
        let whole = file.value(&format!("SELECT data FROM ara_log WHERE pos = {pos}"))?;
        damage(&file, pos)?;
        let compacted = db.compact(&devices);
        assert!(matches!(compacted, Err(ara::Error::Corrupt)), "{compacted:?}");
        file.sqlite()?.execute("UPDATE ara_log SET data = ?1 WHERE pos = ?2", (whole, pos))?;
        assert_eq!(file.logged()?, changes);
        damage(&file, pos)?;
        db.rebuild()?;
        for _ in 0..2 {
            send(&db, &other)?;
            send(&other, &db)?;
        }
        verified(&db)?;
        db.compact(&[db.version_vector()?, other.version_vector()?])?;
        assert_eq!(db.get(milk)?.and_then(|todo| todo.stars), Some(2));
        verified(&db)?;
    }
    Ok(())
}
