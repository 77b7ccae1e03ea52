//! A column that was split in two.

use ara::prelude::*;
use support::{Outcome, There, Wall, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        pub name: String,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    fn first(name: String) -> String {
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    fn last(name: String) -> Option<String> {
        name.split_once(' ').map(|(_, last)| last.to_owned())
    }

    fn join(first: &str, last: Option<&String>) -> String {
        last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn names(db: &Database, person: Id<v1::Person>) -> Outcome<[Option<String>; 3]> {
    let old = db.get(person)?.there()?.name;
    let new = db.get::<v2::Person>(id(person))?.there()?;
    Ok([old, new.first_name, new.last_name])
}

fn are(names: &[Option<String>; 3], expected: [&str; 3]) {
    let names = names.each_ref().map(|name| name.as_deref().unwrap_or("-"));
    assert_eq!(names, expected);
}

#[test]
fn what_is_written_through_destroys_no_source() -> Outcome {
    let db = Database::memory()?;
    let ada = db.create(v1::Person::draft().name("Ada Byron"))?;
    are(&names(&db, ada)?, ["Ada Byron", "Ada", "Byron"]);
    // The last name has no other source than the old column, which is written over.
    db.update(v2::Person::patch(id(ada)).first_name("Augusta"))?;
    are(&names(&db, ada)?, ["Augusta Byron", "Augusta", "Byron"]);
    db.rebuild()?;
    are(&names(&db, ada)?, ["Augusta Byron", "Augusta", "Byron"]);
    db.update(v2::Person::patch(id(ada)).last_name("King"))?;
    are(&names(&db, ada)?, ["Augusta King", "Augusta", "King"]);
    db.update(v1::Person::patch(ada).name("Ada Lovelace"))?;
    are(&names(&db, ada)?, ["Ada Lovelace", "Ada", "Lovelace"]);
    db.update(v2::Person::patch(id(ada)).last_name(None))?;
    are(&names(&db, ada)?, ["Ada", "Ada", "-"]);
    verified(&db)
}

/// Rule 4: what devices wrote apart is joined in the old column, too.
#[test]
fn the_old_column_is_kept_right() -> Outcome {
    // What is written through the second time comes before what is held, or after it.
    for [first, second] in [[0, 10_000], [10_000, 0]] {
        let (of_a, of_b) = (Wall::new(), Wall::new());
        let (a, b) = (of_a.options().memory()?, of_b.options().memory()?);
        of_a.advance(first);
        of_b.advance(second);
        written_apart(&a, &b)?;
    }
    Ok(())
}

fn written_apart(a: &Database, b: &Database) -> Outcome {
    for db in [a, b] {
        db.ensure::<v2::Person>()?;
    }
    let ada = a.create(v1::Person::draft().name("Ada Byron"))?;
    send(a, b)?;
    a.update(v2::Person::patch(id(ada)).first_name("Augusta"))?;
    b.update(v2::Person::patch(id(ada)).last_name("King"))?;
    for _ in 0..3 {
        send(a, b)?;
        send(b, a)?;
    }
    for db in [a, b] {
        are(&names(db, ada)?, ["Augusta King", "Augusta", "King"]);
        verified(db)?;
    }
    let vector = a.version_vector()?;
    send(b, a)?;
    assert_eq!(a.version_vector()?, vector, "nothing goes on for ever");
    Ok(())
}
