//! Replaced columns are written again where devices have written apart, and only there.

use ara::prelude::*;
use support::{Outcome, There, Wall, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        pub name: Option<String>,
        pub note: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: Option<String>,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(replaces(note, read = quiet, write = quiet_again))]
        pub text: Option<String>,
        #[table(retired)]
        name: Option<String>,
        #[table(retired)]
        note: Option<String>,
    }

    pub fn first(name: String) -> String {
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    pub fn last(name: String) -> Option<String> {
        name.split_once(' ').map(|(_, last)| last.to_owned())
    }

    pub fn join(first: Option<&String>, last: Option<&String>) -> String {
        [first, last].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    }

    fn quiet(note: String) -> String {
        note.to_lowercase()
    }

    fn quiet_again(text: &str) -> String {
        text.to_lowercase()
    }
}

mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces((first_name, last_name), read = whole, write = parts))]
        pub full_name: Option<String>,
        #[table(retired, replaces(name, read = first, write = join(first_name, last_name)))]
        first_name: Option<String>,
        #[table(retired, replaces(name, read = last))]
        last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    use super::v2::{first, join, last};

    fn whole(first: Option<String>, last: Option<String>) -> String {
        join(first.as_ref(), last.as_ref())
    }

    fn parts(whole: &str) -> (String, Option<String>) {
        (first(whole.to_owned()), last(whole.to_owned()))
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// The part that arrives last decides, too, though what was written with it is older than what the column holds.
#[test]
fn each_part_that_arrives_is_joined() -> Outcome {
    let wall = Wall::new();
    let open = || wall.options().memory();
    let (old, a, b) = (open()?, open()?, open()?);
    for db in [&a, &b] {
        db.ensure::<v2::Person>()?;
    }
    let ada = old.create(v1::Person::draft().name("Ada Byron"))?;
    send(&old, &a)?;
    send(&old, &b)?;
    wall.advance(1000);
    old.update(v1::Person::patch(ada).name("Eve King"))?;
    wall.advance(1000);
    a.update(v2::Person::patch(id(ada)).first_name("Mary"))?;
    wall.advance(1000);
    b.update(v2::Person::patch(id(ada)).last_name("Noether"))?;
    wall.advance(1000);
    let name = || -> Outcome<Option<String>> { Ok(a.get(ada)?.there()?.name) };
    send(&old, &a)?;
    assert_eq!(name()?.as_deref(), Some("Mary King"));
    send(&b, &a)?;
    assert_eq!(name()?.as_deref(), Some("Mary Noether"));
    verified(&a)
}

/// What is the newest edit stays as it was written, also if something else of the row is edited later.
#[test]
fn an_edit_of_something_else_writes_nothing_again() -> Outcome {
    let wall = Wall::new();
    let (old, new) = (wall.options().memory()?, wall.options().memory()?);
    new.ensure::<v2::Person>()?;
    let ada = old.create(v1::Person::draft().name("Ada Byron"))?;
    send(&old, &new)?;
    old.update(v1::Person::patch(ada).note("LOUD"))?;
    wall.advance(1000);
    new.update(v2::Person::patch(id(ada)).first_name("Mary"))?;
    send(&old, &new)?;
    let note = || -> Outcome<Option<String>> { Ok(new.get(ada)?.there()?.note) };
    assert_eq!(note()?.as_deref(), Some("LOUD"));
    let text = new.get::<v2::Person>(id(ada))?.there()?.text;
    assert_eq!(text.as_deref(), Some("loud"));
    assert_eq!(note()?.as_deref(), Some("LOUD"));
    verified(&new)
}

/// Who joins the parts may not have heard of an edit of the whole yet, and his clock is later.
#[test]
fn an_edit_is_not_covered_by_who_has_not_heard_of_it() -> Outcome {
    let wall = Wall::new();
    let open = || wall.options().memory();
    let (old, a, b) = (open()?, open()?, open()?);
    for db in [&a, &b] {
        db.ensure::<v2::Person>()?;
    }
    let ada = old.create(v1::Person::draft().name("Ada Byron"))?;
    send(&old, &a)?;
    send(&old, &b)?;
    wall.advance(1000);
    a.update(v2::Person::patch(id(ada)).first_name("Mary"))?;
    b.update(v2::Person::patch(id(ada)).last_name("Noether"))?;
    wall.advance(1000);
    old.update(v1::Person::patch(ada).name("EVE  KING"))?;
    wall.advance(1000);
    send(&b, &a)?;
    let name = |db: &Database| -> Outcome<Option<String>> { Ok(db.get(ada)?.there()?.name) };
    assert_eq!(name(&a)?.as_deref(), Some("Mary Noether"));
    send(&old, &a)?;
    assert_eq!(name(&a)?.as_deref(), Some("EVE  KING"));
    send(&a, &old)?;
    assert_eq!(name(&old)?.as_deref(), Some("EVE  KING"));
    verified(&a)
}

/// What was written through into the parts is no edit of them, be it later than the newest edit of the whole.
#[test]
fn a_joined_column_shows_no_part_that_was_written_before_an_edit_was_heard_of() -> Outcome {
    let wall = Wall::new();
    let open = || wall.options().memory();
    let (old, other, new) = (open()?, open()?, open()?);
    new.ensure::<v3::Person>()?;
    let ada = old.create(v1::Person::draft().name("Ada Byron"))?;
    send(&old, &other)?;
    wall.advance(1000);
    old.update(v1::Person::patch(ada).name("Eve King"))?;
    wall.advance(1000);
    let full =
        || -> Outcome<Option<String>> { Ok(new.get::<v3::Person>(id(ada))?.there()?.full_name) };
    send(&other, &new)?;
    assert_eq!(full()?.as_deref(), Some("Ada Byron"));
    send(&old, &new)?;
    assert_eq!(full()?.as_deref(), Some("Eve King"));
    // Beside a part that is edited, the other is of the newest edit, too.
    wall.advance(1000);
    old.update(v2::Person::patch(id(ada)).first_name("Mary"))?;
    send(&old, &new)?;
    assert_eq!(full()?.as_deref(), Some("Mary King"));
    verified(&new)
}

/// Two devices create the same row: the part that the later one has no value for is not that of the earlier one.
#[test]
fn what_a_create_leaves_out_of_an_old_column_is_cleared() -> Outcome {
    let wall = Wall::new();
    let (old, new) = (wall.options().memory()?, wall.options().memory()?);
    let id_of_ada = Id::<v2::Person>::from_key("Ada");
    let early = v2::Person::draft().id(id_of_ada).first_name("Ada").last_name("Byron");
    old.create(early)?;
    wall.advance(1000);
    new.create(v3::Person::draft().id(id(id_of_ada)).full_name("Eve"))?;
    send(&old, &new)?;
    send(&new, &old)?;
    for db in [&old, &new] {
        let person = db.get(id_of_ada)?.there()?;
        assert_eq!((person.first_name.as_deref(), person.last_name), (Some("Eve"), None));
        assert_eq!(db.get::<v1::Person>(id(id_of_ada))?.there()?.name.as_deref(), Some("Eve"));
        verified(db)?;
    }
    Ok(())
}

/// A column between may hold the value from before an edit of the oldest one, which its version shows in its place.
#[test]
fn a_column_between_is_written_where_its_version_would_show_something_else() -> Outcome {
    let wall = Wall::new();
    let (new, middle, old) =
        (wall.options().memory()?, wall.options().memory()?, wall.options().memory()?);
    middle.ensure::<v2::Person>()?;
    let ada = new.create(v2::Person::draft().first_name("Ada").last_name("Byron"))?;
    for (edit, full, parts) in [
        ("Eve King", Some("Ada Byron"), [Some("Ada"), Some("Byron")]),
        ("Ada Byron", None, [None, None]),
    ] {
        wall.advance(1000);
        new.update(v1::Person::patch(id(ada)).name(edit))?;
        wall.advance(1000);
        new.update(v3::Person::patch(id(ada)).full_name(full.map(str::to_owned)))?;
        for db in [&new, &middle, &old] {
            send(&new, db)?;
            let person = db.get::<v2::Person>(ada)?.there()?;
            let shown = [person.first_name, person.last_name];
            assert_eq!(shown.each_ref().map(|part| part.as_deref()), parts);
            let name = db.get::<v1::Person>(id(ada))?.there()?.name;
            assert_eq!(name.as_deref(), Some(full.unwrap_or_default()));
            verified(db)?;
        }
    }
    Ok(())
}

/// Nor does an update write what is empty there: once an earlier value is heard of, the part is cleared.
#[test]
fn a_part_without_a_value_is_cleared_where_an_earlier_one_arrives() -> Outcome {
    let wall = Wall::new();
    let (old, new) = (wall.options().memory()?, wall.options().memory()?);
    new.ensure::<v3::Person>()?;
    let ada = Id::<v2::Person>::from_key("Ada");
    old.create(v2::Person::draft().id(ada).first_name("Ada").last_name("Byron"))?;
    wall.advance(1000);
    new.create(v3::Person::draft().id(id(ada)))?;
    new.update(v3::Person::patch(id(ada)).full_name("Eve"))?;
    send(&old, &new)?;
    send(&new, &old)?;
    for db in [&old, &new] {
        let person = db.get(ada)?.there()?;
        assert_eq!((person.first_name.as_deref(), person.last_name), (Some("Eve"), None));
        assert_eq!(db.get::<v1::Person>(id(ada))?.there()?.name.as_deref(), Some("Eve"));
        verified(db)?;
    }
    Ok(())
}
