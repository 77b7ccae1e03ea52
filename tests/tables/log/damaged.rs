//! What no checksum of a piece covers: where it lies, and how many small pieces it counts.

use ara::prelude::*;

use crate::log::Todo;
use support::{File, Outcome, log, send, verified};

fn write(db: &Database, transactions: usize) -> ara::Result<()> {
    (0..transactions).try_for_each(|_| db.create(Todo::draft().title("Buy milk")).map(drop))
}

/// However many small pieces the last one says that there are, none is put among those of another node.
#[test]
fn any_bit_of_a_tail() -> Outcome {
    for bit in 0..i64::BITS {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        write(&other, 1)?;
        send(&other, &db)?;
        write(&db, 3)?;
        file.tamper(&format!(
            "UPDATE ara_log SET tail = (tail | 1 << {bit}) - (tail & 1 << {bit}) \
             WHERE pos = (SELECT max(pos) FROM ara_log WHERE pos >> 40 = 1)"
        ))?;
        write(&db, 300)?;
        verified(&db)?;
        assert_eq!(log::read(&file.sqlite()?)?.len(), 304, "bit {bit}");
    }
    Ok(())
}

/// A piece that came to lie under a node that is not there is taken out of the log, and what it held comes
/// back.
#[test]
fn a_piece_of_an_unknown_node() -> Outcome {
    for which in ["min", "max"] {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        write(&db, 9)?;
        send(&db, &other)?;
        file.tamper(&format!(
            "UPDATE ara_log SET pos = pos + (7 << 40) WHERE pos = (SELECT {which}(pos) FROM ara_log)"
        ))?;
        assert!(!db.verify()?.holds());
        db.rebuild()?;
        verified(&db)?;
        write(&db, 1)?;
        send(&db, &other)?;
        send(&other, &db)?;
        support::agree(&db, &other)?;
        assert_eq!(db.query::<Todo>().count()?, 10);
    }
    Ok(())
}

/// Pieces in the middle of a large transaction are gone, and so nothing of it is left after a rebuild. What other
/// devices have comes back.
#[test]
fn pieces_within_a_transaction() -> Outcome {
    for (from, to) in [(0, 0), (1, 1), (2, 3), (4, 6), (7, 8)] {
        let (file, other) = (File::new()?, Database::memory()?);
        let db = file.open()?;
        for _ in 0..3 {
            write(&db, 5)?;
            db.create_all((0..3_000).map(|stars| Todo::draft().title("Buy milk").stars(stars)))?;
        }
        write(&db, 5)?;
        send(&db, &other)?;
        file.tamper(&format!(
            "DELETE FROM ara_log WHERE pos IN \
             (SELECT pos FROM ara_log ORDER BY pos LIMIT {to} - {from} + 1 OFFSET {from})"
        ))?;
        assert!(!db.verify()?.holds());
        write(&db, 1)?;
        db.rebuild()?;
        verified(&db)?;
        write(&db, 1)?;
        for _ in 0..2 {
            send(&db, &other)?;
            send(&other, &db)?;
        }
        support::agree(&db, &other)?;
        assert_eq!(db.query::<Todo>().count()?, 9_022, "pieces {from} to {to}");
    }
    Ok(())
}
