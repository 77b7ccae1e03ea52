//! What turns out in the middle of a merge to be unreadable here.

use ara::prelude::*;

use crate::merge::{Todo, same, send, sync};
use support::{File, Outcome, log};

/// A device that sends what it has, and what another one has, to a file in which the clock of a row was
/// overwritten by another program.
///
/// The node that writes that row cannot be merged: nothing of it is written, whether or not its changes fill
/// several pieces before the row comes. The other node is merged. After a rebuild, all comes in.
#[test]
fn nothing_is_left_of_what_is_refused() -> Outcome {
    for (created, length) in [(3, 10), (2_000, 10), (100, 2_000)] {
        let (file, laptop, phone) = (File::new()?, Database::memory()?, Database::memory()?);
        let db = file.open()?;
        let milk = laptop.create(Todo::draft().title("Buy milk"))?;
        send(&laptop, &db)?;
        file.tamper("UPDATE todo SET ara_clock = x'01'")?;
        laptop.transaction(|tx| {
            for _ in 0..created {
                tx.create(Todo::draft().title("x".repeat(length)))?;
            }
            tx.update(Todo::patch(milk).done(true))
        })?;
        phone.create(Todo::draft().title("Make tea"))?;
        sync(&laptop, &phone)?;
        for _ in 0..2 {
            let reports = send(&phone, &db)?;
            assert!(reports.iter().all(|report| !report.refused.is_empty()), "{reports:?}");
            assert_eq!(db.query::<Todo>().count()?, 2);
            assert_eq!(log::read(&file.sqlite()?)?.len(), 2);
        }
        db.rebuild()?;
        send(&phone, &db)?;
        same(&phone, &db)?;
    }
    Ok(())
}
