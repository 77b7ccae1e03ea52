//! What turns out in the middle of a merge to be unreadable here.

use std::fs;

use ara::prelude::*;

use crate::merge::{Todo, send, sync};
use support::{File, Outcome, log};

fn write(db: &Database, title: &str, transactions: i64) -> ara::Result<()> {
    for stars in 0..transactions {
        db.create(Todo::draft().title(title).stars(stars))?;
    }
    Ok(())
}

/// Two files have written under one id. What arrives of it belongs before a piece that is damaged here, which shows
/// once it was written already.
///
/// Nothing of it is left then. Another node is merged, and all comes in after a rebuild.
#[test]
fn nothing_is_left_of_what_is_refused() -> Outcome {
    let (device, file) = (File::new()?, File::new()?);
    let (db, laptop, phone) = (file.open()?, Database::memory()?, Database::memory()?);
    let written = device.open()?;
    write(&written, "Buy milk", 5)?;
    drop(written);
    let before = fs::read(device.path())?;
    let written = device.open()?;
    write(&written, "Make tea", 15)?;
    send(&written, &laptop)?;
    for _ in 0..5 {
        write(&written, "Bake bread", 5)?;
        send(&written, &db)?;
    }
    drop(written);
    fs::write(device.path(), before)?;
    let written = device.open()?;
    write(&written, "Call home", 3)?;
    send(&laptop, &written)?;
    sync(&written, &laptop)?;
    write(&phone, "Think", 1)?;
    sync(&laptop, &phone)?;
    file.tamper(
        "UPDATE ara_log SET data = zeroblob(length(data)) WHERE pos = \
         (SELECT pos FROM ara_log ORDER BY pos DESC LIMIT 1 OFFSET 1)",
    )?;
    let whole = |file: &File| {
        file.number("SELECT sum(first * 97 + length(data)) FROM ara_log WHERE pos >> 40 = 2")
    };
    let held = whole(&file)?;
    for _ in 0..2 {
        let reports = send(&laptop, &db)?;
        assert!(reports.iter().all(|report| report.refused.len() == 1), "{reports:?}");
        assert_eq!(db.query::<Todo>().count()?, 46);
        assert_eq!(whole(&file)?, held);
    }
    db.rebuild()?;
    sync(&laptop, &db)?;
    log::read(&file.sqlite()?)?;
    assert_eq!(db.query::<Todo>().filter(Todo::title.eq("Call home")).count()?, 3);
    Ok(())
}
