//! Working out what columns show, with progress, while others write.

use std::cell::Cell;

use ara::{Progress, Schema, prelude::*};
use support::{File, Outcome, There, disk, verified};

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: String,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(search, replaces(body, read = |body| format!("2 {body}")))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
    }
}

/// The same with a function that was corrected.
mod v3 {
    use ara::prelude::*;

    use super::CALLS;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(search, replaces(body, read = corrected, revision = 2))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
    }

    fn corrected(body: String) -> String {
        CALLS.set(CALLS.get() + 1);
        format!("3 {body}")
    }
}

/// Works out what a version shows, and checks what is told about it.
fn ensure<S: Schema>(db: &Database, rows: u64, mut meanwhile: impl FnMut() -> Outcome) -> Outcome {
    let (mut told, mut failed): (Vec<Progress>, _) = (Vec::new(), None);
    db.ensure_with::<S>(|progress| {
        told.push(progress);
        failed = meanwhile().err();
    })?;
    failed.map_or(Ok(()), Err)?;
    let (first, last) = (told.first().there()?, told.last().there()?);
    assert_eq!((first.done, first.total, last.done), (0, rows, rows));
    assert!(told.iter().all(|progress| progress.total == rows), "{told:?}");
    assert!(told.is_sorted_by_key(|progress| progress.done), "{told:?}");
    assert!(told.len() as u64 > rows / 2000, "{told:?}");
    Ok(())
}

#[test]
fn it_is_told_how_many_rows_are_worked_out() -> Outcome {
    const ROWS: u64 = 5000;
    let file = File::new()?;
    let (db, other) = (file.open()?, file.open()?);
    ensure::<v1::Note>(&db, 0, || Ok(()))?;
    db.transaction(|tx| {
        let bodies = (0..ROWS).map(|at| v1::Note::draft().body(format!("note{at}")));
        tx.create_all(bodies).map(drop)
    })?;
    ensure::<v2::Note>(&db, ROWS, || Ok(()))?;
    // Others write meanwhile, and what tells the progress may use the database.
    let mut more = 0;
    ensure::<v3::Note>(&db, ROWS, || {
        more += 1;
        other.create(v1::Note::draft().body(format!("more{more}")))?;
        assert!(db.query::<v1::Note>().count()? > ROWS);
        Ok(())
    })?;
    assert!(more > 2);
    // What was written last of all was written once all was worked out.
    let note = db.query::<v3::Note>().search("note4999").narrow(v3::Note::text).one()?;
    assert_eq!(note.text, "3 note4999");
    CALLS.set(0);
    assert_eq!(db.query::<v3::Note>().search("more1").count()?, 1);
    assert_eq!(db.query::<v3::Note>().count()?, ROWS + more);
    assert_eq!(CALLS.get(), 0);
    ensure::<v3::Note>(&db, 0, || Ok(()))?;
    verified(&db)
}

#[test]
fn a_database_that_only_reads_has_nothing_to_work_out() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v2::Note>()?;
    db.create(v1::Note::draft().body("tea"))?;
    let reader = disk::options().read_only().open(file.path())?;
    ensure::<v2::Note>(&reader, 0, || Ok(()))?;
    let tea = reader.query::<v2::Note>().narrow(v2::Note::text).one()?;
    assert_eq!(tea.text, "2 tea");
    Ok(())
}
