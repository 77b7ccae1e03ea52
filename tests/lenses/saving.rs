//! Saving a row as it is seen.

use ara::prelude::*;
use support::{Outcome, There, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub amount: Option<String>,
        pub name: Option<String>,
    }
}

mod v2 {
    use std::num::ParseIntError;

    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(replaces(amount, read = cents, write = amount))]
        pub cents: Option<i64>,
        #[table(retired)]
        amount: Option<String>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: Option<String>,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    fn cents(amount: String) -> Result<i64, ParseIntError> {
        amount.trim().parse()
    }

    fn amount(cents: &i64) -> String {
        cents.to_string()
    }

    fn first(name: String) -> Option<String> {
        name.split_whitespace().next().map(str::to_owned)
    }

    fn last(name: String) -> Option<String> {
        name.split_whitespace().nth(1).map(str::to_owned)
    }

    fn join(first: Option<&String>, last: Option<&String>) -> Option<String> {
        Some([first?.as_str(), last?].join(" "))
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// Rule 9: what an older version wrote stays as it wrote it, also where the newer columns cannot say it.
#[test]
fn saving_what_is_seen_leaves_the_older_column_alone() -> Outcome {
    let db = Database::memory()?;
    for (amount, name) in [("12", "Ada Byron"), ("a few", "Ada"), (" 12 ", "Ada  Byron King")] {
        let milk = db.create(v1::Expense::draft().amount(amount).name(name))?;
        let before = db.version_vector()?;
        let seen = db.query::<v2::Expense>().narrow_all().find(id(milk))?.there()?;
        db.upsert(seen)?;
        assert_eq!(db.version_vector()?, before, "{amount}, {name}");
        db.update(v2::Expense::patch(id(milk)).cents(Some(7)))?;
        let old = db.get(milk)?.there()?;
        assert_eq!((old.amount.as_deref(), old.name.as_deref()), (Some("7"), Some(name)));
    }
    verified(&db)
}

/// A change of one column leaves alone what the others replace.
#[test]
fn a_row_is_saved_with_one_column_changed() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().amount("a few").name("Ada  Byron King"))?;
    let mut seen = db.query::<v2::Expense>().narrow_all().find(id(milk))?.there()?;
    seen.last_name = Some("Lovelace".to_owned());
    db.upsert(seen)?;
    let old = db.get(milk)?.there()?;
    assert_eq!(old.amount.as_deref(), Some("a few"));
    assert_eq!(old.name.as_deref(), Some("Ada Lovelace"));
    verified(&db)
}
