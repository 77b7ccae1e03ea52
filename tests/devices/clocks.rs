//! What a user sees of time: whatever the clocks of devices show, everybody sees at once what was written,
//! and whoever writes what he has seen wins.

mod ahead;
mod behind;
mod compacted;
mod copied;
mod counters;
mod dates;
mod deletes;
mod lists;
mod past;
mod range;
mod situations;
mod turns;
mod twins;
mod twins_apart;
mod twins_told;
mod undos;

use std::cell::RefCell;
use std::ops::Deref;
use std::path::Path;
use std::rc::Rc;

use ara::prelude::*;

use support::{Outcome, There, Wall, send, verified};

/// In January 2027.
const NOW: i64 = 1_800_000_000_000;
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
    stars: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Page {
    id: Id<Page>,
    title: String,
    hits: Counter,
}

/// The titles that devices gave to todos, in the order in which they did.
type Written = Rc<RefCell<Vec<(Id<Todo>, String)>>>;

/// A database whose clock a test sets.
struct Device {
    db: Database,
    wall: Wall,
    written: Written,
}

impl Deref for Device {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

impl Device {
    /// One in memory, whose clock shows a time.
    fn showing(millis: i64) -> Outcome<Self> {
        let wall = wall(millis);
        Ok(Self { db: wall.options().memory()?, wall, written: Written::default() })
    }

    /// Another one in memory, whose titles are noted with those of this one.
    fn beside(&self, millis: i64) -> Outcome<Self> {
        let wall = wall(millis);
        Ok(Self { db: wall.options().memory()?, wall, written: Rc::clone(&self.written) })
    }

    /// One in a file.
    fn opened(path: impl AsRef<Path>, wall: &Wall) -> Outcome<Self> {
        let db = wall.options().open(path)?;
        Ok(Self { db, wall: wall.clone(), written: Written::default() })
    }

    /// One in a file, whose titles are noted with those of this one.
    fn opened_beside(&self, path: impl AsRef<Path>, wall: &Wall) -> Outcome<Self> {
        Ok(Self { written: Rc::clone(&self.written), ..Self::opened(path, wall)? })
    }

    fn set(&self, millis: i64) {
        self.wall.set(millis);
    }

    fn add(&self, title: &str) -> Outcome<Id<Todo>> {
        let id = self.db.create(Todo::draft().title(title))?;
        self.written.borrow_mut().push((id, title.to_owned()));
        Ok(id)
    }

    fn edit(&self, id: Id<Todo>, title: &str) -> Outcome {
        assert!(self.db.update(Todo::patch(id).title(title))?, "the row is there");
        self.written.borrow_mut().push((id, title.to_owned()));
        Ok(())
    }

    fn title(&self, id: Id<Todo>) -> Outcome<Option<String>> {
        Ok(self.db.get(id)?.and_then(|todo| todo.title))
    }

    fn titles(&self) -> Outcome<Vec<String>> {
        let titles = self.db.query::<Todo>().narrow(Todo::title).order_by(Todo::title);
        Ok(titles.select(Todo::title).all()?)
    }

    fn times(&self, id: Id<Todo>) -> Outcome<(i64, i64)> {
        let todo = self.db.query::<Todo>().with_deleted().find(id)?.there()?;
        Ok((todo.created_at.millis(), todo.updated_at.millis()))
    }

    fn hits(&self, id: Id<Page>) -> Outcome<i64> {
        Ok(self.db.get(id)?.there()?.hits.there()?.get())
    }

    fn hit(&self, id: Id<Page>, times: i64) -> Outcome {
        assert!(self.db.update(Page::patch(id).hits(Counter::add(times)))?, "the row is there");
        Ok(())
    }
}

fn wall(millis: i64) -> Wall {
    let wall = Wall::new();
    wall.set(millis);
    wall
}

/// Some time passes, on all of them.
fn pass(devices: &[&Device], millis: i64) {
    devices.iter().for_each(|device| device.wall.advance(millis));
}

/// Both get what the other has. Where one of them learns only now that its file goes on elsewhere too, it has
/// more to give the second time.
fn sync(one: &Database, other: &Database) -> Outcome {
    for _ in 0..2 {
        send(one, other)?;
        send(other, one)?;
    }
    Ok(())
}

/// Everybody gets what anybody has: all are the same then.
#[track_caller]
fn meet(devices: &[&Device]) -> Outcome {
    for _ in 0..2 {
        for one in devices {
            for other in devices.iter().filter(|other| !std::ptr::eq(**other, *one)) {
                send(one, other)?;
            }
        }
    }
    same(devices)
}

/// All rows with their times, those of them that are not deleted, and the pages.
type Rows = (Vec<TodoRow>, Vec<TodoRow>, Vec<PageRow>);

fn rows(db: &impl Queries) -> ara::Result<Rows> {
    let all = db.query::<Todo>().with_deleted().order_by(Todo::id).all()?;
    let there = db.query::<Todo>().order_by(Todo::id).all()?;
    Ok((all, there, db.query::<Page>().with_deleted().order_by(Page::id).all()?))
}

/// Fails unless all hold the same, and what their logs say, no row was updated before it was created, and
/// nothing was set aside.
#[track_caller]
fn same(devices: &[&Device]) -> Outcome {
    for device in devices {
        let here = rows(&device.db)?;
        assert_eq!(here, rows(&devices[0].db)?);
        assert!(here.0.iter().all(|todo| todo.created_at <= todo.updated_at));
        assert!(here.2.iter().all(|page| page.created_at <= page.updated_at));
        assert_eq!(device.version_vector()?, devices[0].version_vector()?);
        assert_eq!(device.set_aside()?, []);
        verified(device)?;
    }
    Ok(())
}

/// Fails unless all see a todo under this title.
#[track_caller]
fn see(devices: &[&Device], id: Id<Todo>, title: &str) {
    for (number, device) in devices.iter().enumerate() {
        let seen = device.title(id).expect("it can be read");
        assert_eq!(seen.as_deref(), Some(title), "device {number}");
    }
}

/// Lets devices edit rows in turn, `apart` milliseconds from each other, and sees that everybody's later edit wins.
fn edit_in_turn(all: &[&Device], turns: &[&Device], rows: [Id<Todo>; 2], apart: i64) -> Outcome {
    for (number, device) in turns.iter().enumerate() {
        pass(all, apart);
        let title = format!("Buy milk {number}");
        for row in rows {
            device.edit(row, &title)?;
        }
        meet(all)?;
        for row in rows {
            see(all, row, &title);
        }
    }
    Ok(())
}
