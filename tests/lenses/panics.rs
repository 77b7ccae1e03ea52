//! Functions between columns that panic.

use std::cell::Cell;

use ara::prelude::*;
use support::{File, Outcome, There, disk, send, verified};

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a call of a function.
fn count() {
    CALLS.set(CALLS.get() + 1);
}

/// Returns how often functions were called meanwhile.
fn calls<R>(run: impl FnOnce() -> ara::Result<R>) -> ara::Result<usize> {
    CALLS.set(0);
    run()?;
    Ok(CALLS.get())
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

    use super::count;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(body, read = Texts::read, write = |text: &String| old(text)))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
    }

    pub struct Texts;

    impl Texts {
        fn read(body: String) -> Option<String> {
            count();
            assert!(!body.contains("panic"), "as asked");
            (!body.contains("none")).then_some(body)
        }
    }

    fn old(text: &str) -> Option<String> {
        assert!(!text.contains("alarm"), "as asked");
        (!text.contains("nothing")).then(|| text.to_owned())
    }
}

/// What replaces others is replaced in turn.
mod v3 {
    use ara::prelude::*;

    use super::count;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(text, read = tell, write = untell))]
        pub told: String,
        #[table(retired, replaces(body, read = read, revision = 2))]
        text: Option<String>,
        #[table(retired)]
        body: Option<String>,
    }

    fn read(body: String) -> String {
        count();
        assert!(!body.contains("panic"), "as asked");
        body
    }

    fn tell(text: String) -> String {
        count();
        assert!(!text.contains("alarm"), "as asked");
        text
    }

    fn untell(told: &str) -> String {
        told.to_owned()
    }
}

use v2::Note;

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// Each item with its number of rows: the column, and the function that panics.
type Told = Vec<(&'static str, Option<&'static str>, u64)>;

fn told<T: ara::Schema>(on: &impl Queries) -> ara::Result<Told> {
    let told = on.unreadable::<T>()?;
    Ok(told.iter().map(|told| (told.column, told.lens, told.rows)).collect())
}

#[test]
fn one_that_panics_is_called_as_rarely_as_another() -> Outcome {
    for body in ["tea", "none", "panic"] {
        let db = Database::memory()?;
        db.ensure::<Note>()?;
        let note = db.create(v1::Note::draft().body(body))?;
        let get = |db: &Database| db.get::<Note>(id(note));
        assert_eq!(calls(|| get(&db))?, 1, "{body}");
        assert_eq!(calls(|| get(&db))?, 0, "{body}");
        db.update(v1::Note::patch(note).body(format!("{body}!")))?;
        assert_eq!(calls(|| db.query::<Note>().filter(Note::text.eq(body)).all())?, 1, "{body}");
        let other = Database::memory()?;
        other.ensure::<Note>()?;
        // Once for each of the two changes, and again where the row shows nothing.
        let expected = if body == "tea" { 2 } else { 3 };
        assert_eq!(calls(|| send(&db, &other))?, expected, "{body}");
        assert_eq!(calls(|| get(&other))?, 0, "{body}");
    }
    // Each column that is read from it calls it once, and once more when the column between was written.
    for (body, expected) in [("tea", 5), ("panic", 2)] {
        let db = Database::memory()?;
        db.ensure::<v3::Note>()?;
        let note = db.create(v1::Note::draft().body(body))?;
        assert_eq!(calls(|| db.get::<v3::Note>(id(note)))?, expected, "{body}");
    }
    Ok(())
}

#[test]
fn what_panics_is_absent_and_counted_with_the_name_of_the_function() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<Note>()?;
    let create = |body| db.create(v1::Note::draft().body(body));
    let (panic, tea) = (create("panic")?, create("tea")?);
    create("none")?;
    create("more panic")?;
    let deleted = create("panic")?;
    db.delete(deleted)?;
    let read = ("text", Some("Texts::read"), 2);
    assert_eq!(told::<Note>(&db)?, [read]);
    assert_eq!(db.get::<Note>(id(panic))?.there()?.text, None);
    assert_eq!(db.get(panic)?.there()?.body.as_deref(), Some("panic"));
    let shown = db.unreadable::<Note>()?[0].to_string();
    assert_eq!(
        shown,
        "column `note.text`: `Texts::read` panics for 2 rows, which have no value there"
    );

    // The old column is cleared where the new value cannot be written into it. The function is a closure.
    for text in ["alarm", "nothing"] {
        db.update(Note::patch(id(tea)).text(text))?;
        assert_eq!(db.get(tea)?.there()?.body, None, "{text}");
        let write = ("body", Some("write"), 1);
        let expected = if text == "alarm" { vec![read, write] } else { vec![read] };
        assert_eq!(told::<Note>(&db)?, expected);
    }
    db.transaction(|tx| {
        tx.update(v1::Note::patch(tea).body("panic"))?;
        assert_eq!(told::<Note>(tx)?, [("text", Some("Texts::read"), 3)]);
        tx.update(v1::Note::patch(tea).body("tea"))?;
        tx.update(v1::Note::patch(panic).body("milk"))?;
        Ok(())
    })?;
    let expected = [("text", Some("Texts::read"), 1)];
    assert_eq!(told::<Note>(&db)?, expected);
    let reader = disk::options().read_only().open(file.path())?;
    assert_eq!(told::<Note>(&reader)?, expected);
    db.update(v1::Note::patch(panic).body("panic"))?;
    assert_eq!(told::<Note>(&reader)?, [read]);
    assert_eq!(told::<Note>(&db)?, [read]);
    // A version without the functions calls none.
    assert_eq!(told::<v1::Note>(&db)?, []);
    verified(&db)
}

#[test]
fn what_panics_is_counted_once_in_a_chain() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v3::Note>()?;
    for body in ["panic", "alarm", "panic", "tea"] {
        db.create(v1::Note::draft().body(body))?;
    }
    let expected = [("told", Some("tell"), 1), ("text", Some("read"), 2)];
    assert_eq!(told::<v3::Note>(&db)?, expected);
    verified(&db)
}

/// Also where nobody has written the new column yet.
#[test]
fn what_panicked_in_the_past_is_counted() -> Outcome {
    let db = Database::memory()?;
    let note = db.create(v1::Note::draft().body("panic"))?;
    let then = Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(2));
    db.update(v1::Note::patch(note).body("tea"))?;
    assert_eq!(told::<Note>(&db.at(then))?, [("text", Some("Texts::read"), 1)]);
    assert_eq!(told::<Note>(&db)?, []);
    Ok(())
}
