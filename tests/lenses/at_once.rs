//! What rows show is written by the statement that writes them, wherever that can be.

use ara::prelude::*;
use support::{File, Outcome, There, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: String,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(body, read = quoted, write = plain))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
        pub paid: Option<bool>,
    }

    fn quoted(body: String) -> String {
        format!("quote {body}")
    }

    fn plain(text: &str) -> Option<String> {
        text.strip_prefix("quote ").map(str::to_owned)
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// No trigger notes the rows, and nobody works them out again.
#[test]
fn a_merge_writes_what_its_rows_show() -> Outcome {
    let (old, file) = (Database::memory()?, File::new()?);
    let new = file.open()?;
    new.ensure::<v2::Note>()?;
    let other = file.sqlite()?;
    other.execute_batch(
        "CREATE TABLE noted (number); \
         CREATE TRIGGER noted AFTER INSERT ON \"ara_now note(ara_now_text) stale\" \
         BEGIN INSERT INTO noted VALUES (NEW.ara_row); END",
    )?;
    new.create(v2::Note::draft().text("quote tea"))?;
    let noted = || other.query_row("SELECT count(*) FROM noted", [], |row| row.get::<_, i64>(0));
    assert_eq!(noted()?, 0);

    let milk = old.create(v1::Note::draft().body("milk"))?;
    let bring = |shown: &str| -> Outcome {
        let before = noted()?;
        send(&old, &new)?;
        assert_eq!(noted()?, before, "{shown}");
        let text = new.get::<v2::Note>(id(milk))?.there()?.text;
        assert_eq!(text.as_deref(), Some(shown));
        verified(&new)
    };
    bring("quote milk")?;
    old.update(v1::Note::patch(milk).body("cocoa"))?;
    old.update(v1::Note::patch(milk).paid(true))?;
    bring("quote cocoa")?;
    // What was written through is the last write of the old column, until that is edited again.
    new.update(v2::Note::patch(id(milk)).text("quote coffee"))?;
    send(&new, &old)?;
    old.update(v1::Note::patch(milk).body("juice"))?;
    bring("quote juice")?;
    // An edit that comes late, of which the row shows nothing.
    let late = Database::memory()?;
    send(&old, &late)?;
    late.update(v1::Note::patch(milk).body("late"))?;
    new.update(v2::Note::patch(id(milk)).text("quote coffee"))?;
    send(&late, &old)?;
    send(&old, &new)?;
    send(&new, &late)?;
    let shown = new.get::<v2::Note>(id(milk))?.there()?.text;
    assert_eq!(late.get::<v2::Note>(id(milk))?.there()?.text, shown);
    verified(&new)
}

/// A trigger that replaces rows, or ignores those that are there, does so also when ara writes.
#[test]
fn triggers_of_another_program_do_what_they_say() -> Outcome {
    let (old, file) = (Database::memory()?, File::new()?);
    let new = file.open()?;
    new.ensure::<v2::Note>()?;
    let other = file.sqlite()?;
    other.execute_batch(
        "CREATE TABLE latest (one INTEGER PRIMARY KEY, text); \
         CREATE TRIGGER made AFTER INSERT ON NOTE \
         BEGIN INSERT OR REPLACE INTO latest VALUES (1, NEW.ara_now_text); END; \
         CREATE TRIGGER changed AFTER UPDATE OF ara_now_text ON note \
         BEGIN INSERT OR REPLACE INTO latest VALUES (1, NEW.ara_now_text); END",
    )?;
    let is_latest = |text: &str| -> Outcome {
        let latest: String = other.query_row("SELECT text FROM latest", [], |row| row.get(0))?;
        assert_eq!(latest, text);
        Ok(())
    };
    for text in ["quote tea", "quote milk"] {
        new.create(v2::Note::draft().text(text))?;
        is_latest(text)?;
    }
    let cocoa = old.create(v1::Note::draft().body("cocoa"))?;
    send(&old, &new)?;
    is_latest("quote cocoa")?;
    old.update(v1::Note::patch(cocoa).body("coffee"))?;
    send(&old, &new)?;
    is_latest("quote coffee")?;
    verified(&new)
}
