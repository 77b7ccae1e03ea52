//! A column that replaces another one, with versions of the app that take turns on one file.

use ara::prelude::*;
use support::{Outcome, There};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub note: String,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(index, replaces(note, read = shout, write = whisper))]
        pub text: String,
        #[table(retired)]
        note: Option<String>,
        pub paid: Option<bool>,
    }

    fn shout(note: String) -> String {
        note.to_uppercase()
    }

    fn whisper(text: &String) -> String {
        text.to_lowercase()
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

#[test]
fn what_an_older_version_wrote_is_read_as_if_it_had_always_been_there() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().note("milk"))?;
    let tea = db.create(v1::Expense::draft().note("tea"))?;
    let expense = db.get::<v2::Expense>(id(milk))?.there()?;
    assert_eq!(expense.text.as_deref(), Some("MILK"));
    let by_text = db.query::<v2::Expense>().narrow(v2::Expense::text).order_by(v2::Expense::text);
    let texts: Vec<_> = by_text.clone().all()?.into_iter().map(|row| row.text).collect();
    assert_eq!(texts, ["MILK", "TEA"]);

    db.update(v1::Expense::patch(tea).note("coffee"))?;
    let first = by_text.clone().filter(v2::Expense::text.eq("COFFEE")).one()?;
    assert_eq!(first.id, id(tea));
    assert_eq!(db.query::<v2::Expense>().filter(v2::Expense::text.like("%E%")).count()?, 1);
    Ok(())
}
