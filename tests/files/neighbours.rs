//! What another program does to one table stops no other, and what is derived is made again.

mod half;
mod own;
mod received;
mod tables;

use std::time::Duration;

use ara::Counter;
use ara::prelude::*;

use support::through::Through;
use support::{File, Outcome, There, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
pub struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    #[table(index)]
    stars: Option<i64>,
    #[table(default = Counter::add(0))]
    seen: Counter,
}

#[derive(Debug, Clone, PartialEq, Table)]
pub struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    #[table(index)]
    rank: Option<i64>,
    #[table(default = Counter::add(0))]
    seen: Counter,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
pub struct Setting {
    id: Id<Setting>,
    name: String,
}

/// A table that the file does not have before something is done to it.
#[derive(Debug, Clone, PartialEq, Table)]
pub struct Fresh {
    id: Id<Fresh>,
    name: String,
}

ara::schema! { App: Todo, Note, Setting }
ara::schema! { Rest: Note, Setting }

/// A file, and a peer that has something new for it.
struct Scene {
    file: File,
    db: Database,
    peer: Database,
    /// A row of which a column was written through after an edit.
    through: Id<Todo>,
}

impl Scene {
    /// Does something to the file behind ara's back, while it is open or while it is closed.
    fn new(sql: &str, is_open: bool) -> Outcome<Self> {
        let file = File::new()?;
        let db = file.open()?;
        db.ensure::<App>()?;
        let todos =
            db.create_all((0..6_i64).map(|n| Todo::draft().title(format!("todo {n}")).stars(n)))?;
        let notes = db.create_all((0..6_i64).map(|n| Note::draft().text(format!("note {n}"))))?;
        db.create(Setting::draft().name("dark"))?;
        let through = todos[4];
        assert!(db.update(Through(Todo::patch(through).title("through"), vec![0]))?);
        let peer = Database::memory()?;
        send(&db, &peer)?;
        for db in [&db, &peer] {
            db.update(Todo::patch(todos[0]).seen(Counter::add(3)))?;
            db.update(Note::patch(notes[0]).seen(Counter::add(4)))?;
        }
        db.delete(todos[1])?;
        db.delete(todos[2])?;
        db.forget(todos[2])?;
        db.delete(notes[2])?;
        db.forget(notes[2])?;
        db.update(Note::patch(notes[3]).rank(3))?;
        db.undo(db.last_transaction()?.there()?)?;
        peer.update(Todo::patch(todos[3]).title("from the peer"))?;
        peer.create(Todo::draft().title("new of the peer"))?;
        peer.update(Through(Todo::patch(through).title("through again"), vec![0]))?;
        peer.create(Note::draft().text("new of the peer"))?;
        let db = match is_open {
            true => db,
            false => {
                drop(db);
                file.sqlite()?.execute_batch(sql)?;
                return Ok(Self { db: file.open()?, file, peer, through });
            }
        };
        read_all(&db)?;
        file.sqlite()?.execute_batch(sql)?;
        Ok(Self { file, db, peer, through })
    }

    /// All that does not need the table that something was done to.
    fn others_go_on(&self) -> Outcome {
        self.others_go_on_but_for_undo(true)
    }

    fn others_go_on_but_for_undo(&self, is_undone: bool) -> Outcome {
        self.writes_go_on(is_undone)?;
        self.exchange_goes_on()?;
        let db = &self.db;
        db.ensure::<Rest>().works()?;
        db.transaction(|tx| tx.ensure::<Rest>()).works()?;
        db.transactions().collect::<Result<Vec<_>, _>>().works()?;
        db.verify().works()?;
        db.schema_drift().works()?;
        db.schema_failures().works()?;
        db.schema().works()?;
        db.row_counts().works()?;
        db.set_aside().works()?;
        Ok(())
    }

    fn writes_go_on(&self, is_undone: bool) -> Outcome {
        let db = &self.db;
        let note = db.create(Note::draft().text("written").rank(1)).works()?;
        assert!(db.update(Note::patch(note).rank(2).seen(Counter::add(2))).works()?);
        let made = db.last_transaction().works()?.there()?;
        assert!(db.delete(note).works()? && db.restore(note).works()?);
        db.upsert(Note::draft().id(note).text("written again")).works()?;
        assert_eq!(db.query::<Note>().search("again").all().works()?.len(), 1);
        db.create(Setting::draft().name("light")).works()?;
        db.create(Fresh::draft().name("made meanwhile")).works()?;
        db.transaction(|tx| {
            tx.create(Setting::draft().name("bright"))?;
            tx.create(Note::draft().text("in a transaction")).map(drop)
        })
        .works()?;
        let mut watch = db.query::<Note>().filter(Note::id.eq(note)).watch().works()?;
        watch.recv().works()?;
        db.update(Note::patch(note).rank(7)).works()?;
        let told = watch.recv_timeout(Duration::from_secs(20)).works()?.there()?;
        assert_eq!((told.len(), told[0].rank), (1, Some(7)));
        assert!(db.history(note).works()?.len() > 3);
        if is_undone {
            db.undo(made).works()?;
        }
        assert!(db.delete(note).works()? && db.forget(note).works()?);
        Ok(())
    }

    /// Writes the table that something was done to, which mends it.
    fn table_goes_on(&self) -> Outcome {
        let db = &self.db;
        let todo = db.create(Todo::draft().title("written").stars(1)).works()?;
        assert!(db.update(Todo::patch(todo).title("changed").seen(Counter::add(1))).works()?);
        assert!(db.delete(todo).works()? && db.restore(todo).works()?);
        assert_eq!(db.get(todo).works()?.there()?.seen.map(Counter::get), Some(1));
        assert_eq!(db.query::<Todo>().search("changed").count().works()?, 1);
        assert!(db.delete(todo).works()?);
        let through = |title| Through(Todo::patch(self.through).title(title), vec![0]);
        assert!(db.update(through("more through")).works()?);
        assert!(db.update(Todo::patch(self.through).title("edited")).works()?);
        assert!(db.update(through("through")).works()?);
        let edits = "SELECT count(*) FROM todo WHERE ara_edit_title IS 'edited'";
        assert_eq!(self.file.number(edits).works()?, 1);
        Ok(())
    }

    fn exchange_goes_on(&self) -> Outcome {
        let Self { db, peer, .. } = self;
        send(peer, db).works()?;
        assert_eq!(db.query::<Note>().search("peer").all().works()?.len(), 1);
        let other = Database::memory()?;
        send(db, &other).works()?;
        assert!(other.query::<Todo>().count()? >= 4);
        assert_eq!(other.query::<Note>().count()?, db.query::<Note>().count().works()?);
        Ok(())
    }

    /// After the menders have run, all rows are there, in the table, the search and the counters.
    fn is_whole(&self) -> Outcome {
        let Self { db, file, .. } = self;
        verified(db)?;
        assert_eq!(db.schema_drift()?, []);
        let other = Database::memory()?;
        send(db, &other)?;
        let todos = |db: &Database| db.query::<Todo>().with_deleted().order_by(Todo::id).all();
        let notes = |db: &Database| db.query::<Note>().with_deleted().order_by(Note::id).all();
        for db in [db, &file.open()?] {
            assert_eq!(todos(db)?, todos(&other)?);
            assert_eq!(notes(db)?, notes(&other)?);
            assert_eq!(db.query::<Todo>().search("peer").count()?, 2);
            let most = db.query::<Todo>().filter(Todo::seen.eq(6)).count()?;
            assert_eq!(most, 1);
        }
        let todo = db.create(Todo::draft().title("afterwards"))?;
        assert_eq!(db.query::<Todo>().search("afterwards").count()?, 1);
        assert!(db.update(Todo::patch(todo).stars(9).seen(Counter::add(1)))?);
        verified(db)
    }
}

/// Reads each table once, so that it is in use.
fn read_all(db: &Database) -> Outcome {
    db.query::<Todo>().search("todo").count()?;
    db.query::<Note>().search("note").count()?;
    db.query::<Setting>().count()?;
    Ok(())
}

/// The value, or an error that says where it happened.
trait Works<T> {
    fn works(self) -> Outcome<T>;
}

impl<T, E: std::fmt::Debug> Works<T> for Result<T, E> {
    #[track_caller]
    fn works(self) -> Outcome<T> {
        let place = std::panic::Location::caller();
        self.map_err(|error| format!("{place}: {error:?}").into())
    }
}

/// Runs a part of a test, and returns what went wrong with it.
fn fault(run: impl FnOnce() -> Outcome + std::panic::UnwindSafe) -> Option<String> {
    match std::panic::catch_unwind(run) {
        Ok(outcome) => outcome.err().map(|error| error.to_string()),
        Err(panic) => match panic.downcast_ref::<&str>() {
            Some(text) => Some((*text).to_owned()),
            None => Some(panic.downcast_ref::<String>().cloned().unwrap_or_default()),
        },
    }
}
