//! A version vector is checked: copies and lost answers lose nothing. What was restored is tested with the
//! forks of merging.

use std::fs;

use ara::prelude::*;

use crate::rules::{Todo, send, todos};
use support::{File, Outcome, verified};

#[test]
fn an_answer_that_was_lost_is_no_fork() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    for title in ["Buy milk", "Make tea"] {
        laptop.create(Todo::draft().title(title))?;
        let lost: Vec<_> = laptop.changes_since(&phone.version_vector()?)?.collect();
        assert_eq!(lost.len(), 1);
    }
    laptop.create(Todo::draft().title("Call home"))?;
    assert!(send(&laptop, &phone)?.iter().all(|report| report.forked.is_empty()));
    assert_eq!(laptop.version_vector()?.len(), 1);
    assert_eq!(todos(&phone)?, todos(&laptop)?);
    Ok(())
}

/// The copy writes under an id of its own.
#[test]
fn a_copied_file_is_another_device() -> Outcome {
    let (one, other, phone) = (File::new()?, File::new()?, Database::memory()?);
    let milk = one.open()?.create(Todo::draft().title("Buy milk"))?;
    fs::copy(one.path(), other.path())?;
    let (one, other) = (one.open()?, other.open()?);
    one.update(Todo::patch(milk).stars(1))?;
    other.update(Todo::patch(milk).code("0012"))?;
    for (from, to) in [(&one, &phone), (&other, &phone), (&one, &other), (&other, &one)] {
        for report in send(from, to)? {
            assert!(report.forked.is_empty() && report.refused.is_empty(), "{report:?}");
        }
    }
    assert_eq!(one.version_vector()?.len(), 2);
    for db in [&one, &other, &phone] {
        assert_eq!(todos(db)?, todos(&one)?);
        assert_eq!(db.version_vector()?, one.version_vector()?);
        verified(db)?;
    }
    let todo = one.get(milk)?.ok_or("is there")?;
    assert_eq!((todo.stars, todo.code.as_deref()), (Some(1), Some("0012")));
    Ok(())
}
