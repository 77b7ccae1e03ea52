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
