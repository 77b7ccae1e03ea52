//! To add a column is to touch no row and to send nothing but that it was added.

use ara::prelude::*;

use crate::rules::{NOW, Todo, at, new, old, send, todos};
use support::{Outcome, verified};

#[test]
fn two_devices_add_the_same_column() -> Outcome {
    let (laptop, phone) = (at(NOW, 1)?, at(NOW + 1, 2)?);
    for db in [&laptop, &phone] {
        db.ensure::<old::App>()?;
    }
    let milk = laptop.create(old::Todo::draft().title("Buy milk"))?;
    send(&laptop, &phone)?;
    send(&phone, &laptop)?;
    let milk = Id::<Todo>::from_uuid(milk.uuid());
    for db in [&laptop, &phone] {
        let before = db.get(Id::<old::Todo>::from_uuid(milk.uuid()))?.ok_or("is there")?;
        db.ensure::<new::App>()?;
        assert_eq!(db.get(milk)?.map(|row| row.updated_at), Some(before.updated_at));
    }
    laptop.update(Todo::patch(milk).stars(1))?;
    phone.update(Todo::patch(milk).code("0012"))?;
    // The row of the history, and the update.
    for report in [send(&laptop, &phone)?.remove(0), send(&phone, &laptop)?.remove(0)] {
        assert_eq!((report.changes, report.set_aside), (2, 0));
        assert!(report.growth.is_empty());
    }
    assert_eq!(todos(&laptop)?, todos(&phone)?);
    let row = laptop.get(milk)?.ok_or("is there")?;
    assert_eq!((row.stars, row.code.as_deref()), (Some(1), Some("0012")));
    verified(&laptop)?;
    verified(&phone)
}

/// Who does not say what its schema is called tells nobody that it has grown.
#[test]
fn nothing_is_sent_of_a_table_that_has_grown() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    laptop.create(old::Todo::draft().title("Buy milk"))?;
    send(&laptop, &phone)?;
    laptop.ensure::<Todo>()?;
    assert!(laptop.changes_since(&phone.version_vector()?)?.next().is_none());
    // A merge that makes tables tells nobody either.
    assert_eq!(phone.version_vector()?.len(), 1);
    Ok(())
}
