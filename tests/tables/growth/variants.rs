//! Enums that grow.

use ara::prelude::*;
use rusqlite::types::Value as Sql;

use support::{File, Outcome, There, log, verified};

mod old {
    use ara::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum State {
        Open,
        Done,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(index(state))]
    pub struct Job {
        pub id: Id<Job>,
        pub state: State,
        pub note: Option<String>,
    }
}

mod new {
    use ara::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum State {
        Waiting,
        Open,
        #[value(name = "Done")]
        Finished,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Job {
        pub id: Id<Job>,
        pub state: State,
        pub note: Option<String>,
    }
}

#[test]
fn a_variant_of_a_newer_version_is_absent_and_stays() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all(
        [new::State::Waiting, new::State::Open, new::State::Finished]
            .map(|state| new::Job::draft().state(state)),
    )?;
    let olds: Vec<_> = ids.iter().map(|id| Id::<old::Job>::from_uuid(id.uuid())).collect();
    let states: Vec<_> = db
        .query::<old::Job>()
        .order_by(old::Job::id.asc())
        .all()?
        .into_iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(states, [None, Some(old::State::Open), Some(old::State::Done)]);
    assert_eq!(db.query::<old::Job>().narrow_all().count()?, 2);
    assert_eq!(db.query::<old::Job>().filter(old::Job::state.is_null()).one()?.id, olds[0]);
    let not_open = old::Job::state.ne(old::State::Open);
    assert_eq!(db.query::<old::Job>().filter(not_open).count()?, 2);

    // The old version edits the row, deletes it, restores it.
    assert!(db.update(old::Job::patch(olds[0]).note("seen"))?);
    assert!(db.delete(olds[0])? && db.restore(olds[0])?);
    let row = db.get(ids[0])?.there()?;
    assert_eq!((row.state, row.note.as_deref()), (Some(new::State::Waiting), Some("seen")));
    let log = log::read(&file.sqlite()?)?;
    let wrote: Vec<_> = log.iter().filter(|change| change.cell("state").is_some()).collect();
    assert_eq!(wrote.len(), 3);

    // Only if it writes the column itself is the variant gone.
    assert!(db.update(old::Job::patch(olds[0]).state(old::State::Done))?);
    assert_eq!(db.get(ids[0])?.there()?.state, Some(new::State::Finished));
    assert_eq!(file.value("SELECT DISTINCT typeof(state) FROM job")?, Sql::Text("text".into()));
    verified(&db)
}
