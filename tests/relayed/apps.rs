//! An app for notes, in three versions.

use ara::prelude::*;
use support::random::Random;

/// What a device does with its version of the app.
pub trait App: ara::Schema + Sized {
    /// Adds a note.
    fn add(db: &Database, title: &str, body: &str) -> ara::Result<()> {
        Self::add_all(db, &[(title.to_owned(), body.to_owned())])
    }

    /// Adds notes in one transaction.
    fn add_all(db: &Database, notes: &[(String, String)]) -> ara::Result<()>;

    /// Deletes and forgets a note.
    fn forget(db: &Database, title: &str) -> ara::Result<()>;

    /// Returns the titles that are there, in order.
    fn titles(db: &Database) -> ara::Result<Vec<String>>;

    /// Waits until there are so many notes.
    fn wait_for(db: &Database, count: usize, until: std::time::Instant) -> ara::Result<usize>;

    /// Returns all rows as JSON, parted by tabs, in order.
    fn export(db: &Database) -> ara::Result<String>;

    /// Edits something.
    fn edit(db: &Database, random: &mut Random) -> ara::Result<()>;
}

fn word(random: &mut Random) -> String {
    format!("w{}", random.next())
}

/// Returns lines of JSON in order, and the columns of each, which are in the order in which a file got them.
fn sorted(text: &str) -> String {
    let sorted = |line: &str| -> String {
        let row: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_str(line).unwrap();
        serde_json::to_string(&row).unwrap()
    };
    let mut lines: Vec<String> = text.lines().map(sorted).collect();
    lines.sort_unstable();
    lines.join("\t")
}

/// What is the same in all versions.
macro_rules! same_in_all_versions {
    ($($table:ty),*) => {
        fn export(db: &Database) -> ara::Result<String> {
            let mut bytes = vec![];
            $(db.export_json::<$table>(&mut bytes)?;)*
            let text = String::from_utf8_lossy(&bytes);
            Ok(super::sorted(&text))
        }

        fn add_all(db: &Database, notes: &[(String, String)]) -> ara::Result<()> {
            let draft = |(title, body): &(String, String)| {
                Note::draft().title(title.as_str()).body(body.as_str())
            };
            db.transaction(|tx| tx.create_all(notes.iter().map(draft)).map(drop))
        }

        fn forget(db: &Database, title: &str) -> ara::Result<()> {
            for note in db.query::<Note>().filter(Note::title.eq(title)).all()? {
                db.delete(note.id)?;
                db.forget(note.id)?;
            }
            Ok(())
        }

        fn titles(db: &Database) -> ara::Result<Vec<String>> {
            let notes = db.query::<Note>().narrow(Note::title).order_by(Note::title.asc()).all()?;
            Ok(notes.into_iter().map(|note| note.title).collect())
        }

        fn wait_for(db: &Database, count: usize, until: std::time::Instant) -> ara::Result<usize> {
            let mut watch = db.query::<Note>().select(Note::id).watch()?;
            let mut found = 0;
            while found != count {
                let left = until.saturating_duration_since(std::time::Instant::now());
                let Some(ids) = watch.recv_timeout(left)? else { break };
                found = ids.len();
            }
            Ok(found)
        }

        fn edit(db: &Database, random: &mut Random) -> ara::Result<()> {
            let ids = db.query::<Note>().select(Note::id).order_by(Note::id).all()?;
            if ids.is_empty() || random.below(4) == 0 {
                return Self::create(db, random);
            }
            let id = ids[random.below(ids.len())];
            match random.below(8) {
                0 => db.delete(id).map(drop),
                1 => db.update(Note::patch(id).title(word(random))).map(drop),
                2 => {
                    let body = "b".repeat(random.below(300));
                    db.update(Note::patch(id).body(body)).map(drop)
                }
                _ => Self::edit_own(db, id, random),
            }
        }
    };
}

pub mod v1 {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub title: Option<String>,
        pub body: Option<String>,
        /// Who wrote it.
        pub name: Option<String>,
    }

    ara::schema! { pub Notes: Note }

    impl App for Notes {
        same_in_all_versions!(Note);
    }

    impl Notes {
        fn create(db: &Database, random: &mut Random) -> ara::Result<()> {
            db.create(Note::draft().title(word(random)).name("Ada Byron")).map(drop)
        }

        fn edit_own(db: &Database, id: Id<Note>, random: &mut Random) -> ara::Result<()> {
            db.update(Note::patch(id).name(format!("{} King", word(random)))).map(drop)
        }
    }
}

/// Notes have stars and tags.
pub mod v2 {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub title: Option<String>,
        pub body: Option<String>,
        pub name: Option<String>,
        pub stars: Option<Counter>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Tag {
        pub id: Id<Self>,
        pub name: String,
        pub note_id: Option<Id<Note>>,
    }

    ara::schema! { pub Notes: Note, Tag }

    impl App for Notes {
        same_in_all_versions!(Note, Tag);
    }

    impl Notes {
        fn create(db: &Database, random: &mut Random) -> ara::Result<()> {
            db.transaction(|tx| {
                let note = tx.create(Note::draft().title(word(random)).stars(1))?;
                let name = format!("t{}", random.below(5));
                tx.upsert(Tag::draft().name(name).note_id(note)).map(drop)
            })
        }

        fn edit_own(db: &Database, id: Id<Note>, random: &mut Random) -> ara::Result<()> {
            let more = random.below(5) as i64;
            db.update(Note::patch(id).stars(Counter::add(more))).map(drop)
        }
    }
}

/// The name is in two columns.
pub mod v3 {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub title: Option<String>,
        pub body: Option<String>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: Option<String>,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
        pub stars: Option<Counter>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Tag {
        pub id: Id<Self>,
        pub name: String,
        pub note_id: Option<Id<Note>>,
        pub color: Option<String>,
    }

    ara::schema! { pub Notes: Note, Tag }

    fn first(name: String) -> Option<String> {
        Some(name.split(' ').next()?.to_owned())
    }

    fn last(name: String) -> Option<String> {
        Some(name.split_once(' ')?.1.to_owned())
    }

    fn join(first: Option<&String>, last: Option<&String>) -> Option<String> {
        let names: Vec<&str> = first.into_iter().chain(last).map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    impl App for Notes {
        same_in_all_versions!(Note, Tag);
    }

    impl Notes {
        fn create(db: &Database, random: &mut Random) -> ara::Result<()> {
            let draft = Note::draft().title(word(random)).first_name(word(random));
            db.create(draft).map(drop)
        }

        fn edit_own(db: &Database, id: Id<Note>, random: &mut Random) -> ara::Result<()> {
            let name = word(random);
            if random.below(2) == 0 {
                return db
                    .upsert(Tag::draft().name(format!("t{}", random.below(5))).color(name))
                    .map(drop);
            }
            db.update(Note::patch(id).last_name(name)).map(drop)
        }
    }
}
