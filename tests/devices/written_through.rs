//! What was written through from another column: devices write such values and edits in any order, compact, forget,
//! undo, restore old states of their files and begin anew. In the end, each column shows its last write everywhere,
//! and its last edit lies beside it, as a plain model says.

mod unseen;

use std::fs;

use ara::Error;
use ara::prelude::*;
use proptest::prelude::*;
use rusqlite::OptionalExtension;
use rusqlite::types::Value;

use support::log;
use support::through::Through;
use support::{File, Outcome, There, Wall, cases, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Doc {
    id: Id<Doc>,
    title: Option<String>,
    note: Option<String>,
}

ara::schema! { App: Doc }

const COLUMNS: [&str; 2] = ["title", "note"];

fn id(row: u8) -> Id<Doc> {
    Id::from_key(row.to_string())
}

/// What a column and the one beside it hold in the file. Where there is none beside it, it is as if that held
/// nothing.
type Held = (Value, Value);

fn held(file: &File, row: Id<Doc>, column: &str) -> Outcome<Held> {
    let sqlite = file.sqlite()?;
    let has = "SELECT count(*) FROM pragma_table_info('doc') WHERE name = ?1";
    let beside = format!("ara_edit_{column}");
    let is_there: i64 = sqlite.query_row(has, [&beside], |row| row.get(0))?;
    let beside = if is_there == 1 { &beside } else { "NULL" };
    let sql = format!("SELECT {column}, {beside} FROM doc WHERE id = ?1");
    let held =
        sqlite.query_row(&sql, [row.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(held.optional()?.unwrap_or((Value::Null, Value::Null)))
}

#[derive(Debug, Clone)]
enum Step {
    /// Of a device, a row, and for each column whether it is written, and cleared, and through.
    Write(usize, u8, [Option<(bool, bool)>; 2]),
    Upsert(usize, u8, [Option<(bool, bool)>; 2]),
    Delete(usize, u8),
    Restore(usize, u8),
    Forget(usize, u8),
    Undo(usize),
    Send(usize, usize),
    Compact(usize),
    BackUp(usize),
    PutBack(usize),
    BeginAnew(usize),
    Rebuild(usize),
    Wall(usize, i64),
}

const DEVICES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..DEVICES;
    let row = || 0..3_u8;
    let columns = || {
        let column = || prop::option::of((prop::bool::weighted(0.2), any::<bool>()));
        [column(), column()]
    };
    prop_oneof![
        10 => (device(), row(), columns()).prop_map(|(a, b, c)| Step::Write(a, b, c)),
        4 => (device(), row(), columns()).prop_map(|(a, b, c)| Step::Upsert(a, b, c)),
        1 => (device(), row()).prop_map(|(a, b)| Step::Delete(a, b)),
        1 => (device(), row()).prop_map(|(a, b)| Step::Restore(a, b)),
        1 => (device(), 0..9_u8).prop_map(|(a, b)| Step::Forget(a, b)),
        1 => device().prop_map(Step::Undo),
        8 => (device(), device()).prop_map(|(a, b)| Step::Send(a, b)),
        2 => device().prop_map(Step::Compact),
        1 => device().prop_map(Step::BackUp),
        1 => device().prop_map(Step::PutBack),
        1 => device().prop_map(Step::BeginAnew),
        1 => device().prop_map(Step::Rebuild),
        2 => (device(), -9000..9000_i64).prop_map(|(a, b)| Step::Wall(a, b)),
    ]
}

struct Device {
    file: File,
    wall: Wall,
    /// It is closed while its file is put back.
    db: Option<Database>,
    backup: Option<Vec<u8>>,
}

impl Device {
    fn new() -> Outcome<Self> {
        let mut device = Self { file: File::new()?, wall: Wall::new(), db: None, backup: None };
        device.open()?;
        Ok(device)
    }

    fn open(&mut self) -> Outcome {
        self.db = Some(self.file.open_at(&self.wall)?);
        Ok(self.db()?.ensure::<App>()?)
    }

    fn db(&self) -> Outcome<&Database> {
        self.db.as_ref().there()
    }
}

/// The tag of the cell that tells that a row was forgotten.
const FORGOTTEN: u8 = 8;

/// The devices, and one that only hears, and whose log is never compacted.
struct World {
    devices: Vec<Device>,
    archive: Device,
    last: u64,
}

impl World {
    fn new() -> Outcome<Self> {
        let devices = (0..DEVICES).map(|_| Device::new()).collect::<Outcome<_>>()?;
        Ok(Self { devices, archive: Device::new()?, last: 0 })
    }

    /// Values that nobody has written yet, of the columns that are written.
    fn values(&mut self, columns: [Option<(bool, bool)>; 2]) -> [Option<Option<String>>; 2] {
        columns.map(|column| {
            let (is_cleared, _) = column?;
            self.last += 1;
            Some(Some(format!("value {}", self.last)).filter(|_| !is_cleared))
        })
    }

    fn step(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Write(device, row, columns) => {
                let [title, note] = self.values(columns);
                let mut patch = Doc::patch(id(row));
                if let Some(title) = title {
                    patch = patch.title(title);
                }
                if let Some(note) = note {
                    patch = patch.note(note);
                }
                let patch = Through(patch, through(columns));
                self.db(device)?.update(patch)?;
            }
            Step::Upsert(device, row, columns) => {
                let [title, note] = self.values(columns);
                let mut draft = Doc::draft().id(id(row));
                if let Some(title) = title {
                    draft = draft.title(title);
                }
                if let Some(note) = note {
                    draft = draft.note(note);
                }
                let draft = Through(draft, through(columns));
                match self.db(device)?.upsert(draft) {
                    Err(Error::Forgotten { .. }) => {}
                    upserted => drop(upserted?),
                }
            }
            Step::Delete(device, row) => drop(self.db(device)?.delete(id(row))?),
            Step::Restore(device, row) => match self.db(device)?.restore(id(row)) {
                Err(Error::Forgotten { .. }) => {}
                restored => drop(restored?),
            },
            Step::Forget(device, row) => drop(self.db(device)?.forget(id(row))?),
            Step::Undo(device) => {
                let db = self.db(device)?;
                if let Some(last) = db.last_transaction()? {
                    let _report = db.undo(last)?;
                }
            }
            Step::Send(from, to) => drop(send(self.db(from)?, self.db(to)?)?),
            Step::Compact(device) => {
                let all = self.devices.iter().chain([&self.archive]);
                let known = all.map(|device| Ok(device.db()?.version_vector()?));
                let known = known.collect::<Outcome<Vec<_>>>()?;
                self.db(device)?.compact(&known)?;
            }
            Step::BackUp(device) => {
                let device = &mut self.devices[device];
                device.db = None;
                device.backup = Some(fs::read(device.file.path())?);
                device.open()?;
            }
            Step::PutBack(device) => {
                let device = &mut self.devices[device];
                if let Some(backup) = &device.backup {
                    device.db = None;
                    fs::write(device.file.path(), backup)?;
                    device.open()?;
                }
            }
            Step::BeginAnew(device) => self.devices[device] = Device::new()?,
            Step::Rebuild(device) => drop(self.db(device)?.rebuild()?),
            Step::Wall(device, by) => self.devices[device].wall.advance(by),
        }
        for device in &self.devices {
            verified(device.db()?)?;
        }
        Ok(())
    }

    fn db(&self, device: usize) -> Outcome<&Database> {
        self.devices[device].db()
    }

    /// What a column must hold, and the one beside it: what is left when all writes are done one after another.
    fn expected(&self, row: Id<Doc>, column: &'static str) -> Outcome<Held> {
        let mut log = log::read(&self.archive.file.sqlite()?)?;
        log.sort_by_key(|change| (change.stamp, change.node_id, change.hash));
        let of_row = log.iter().filter(|change| change.row == row.uuid().as_bytes());
        let cells = of_row.flat_map(|change| &change.cells);
        let (mut last, mut is_through, mut edit) = (Value::Null, false, Value::Null);
        for cell in cells.filter(|cell| cell.column == column && cell.tag != FORGOTTEN) {
            // Kind 2 tells that the cell was written through.
            is_through = cell.marks.first() == Some(&2);
            last = cell.value.clone();
            if !is_through {
                edit = cell.value.clone();
            }
        }
        Ok((last, if is_through { edit } else { Value::Null }))
    }

    fn is_forgotten(&self, row: Id<Doc>) -> Outcome<bool> {
        let sqlite = self.archive.file.sqlite()?;
        let sql = "SELECT count(*) FROM ara_forgotten WHERE row = ?1";
        Ok(sqlite.query_row(sql, [row.uuid().as_bytes()], |row| row.get::<_, i64>(0))? > 0)
    }

    fn check(&self, device: &Device) -> Outcome {
        verified(device.db()?)?;
        for row in 0..3 {
            let row = id(row);
            for column in COLUMNS {
                let expected = match self.is_forgotten(row)? {
                    true => (Value::Null, Value::Null),
                    false => self.expected(row, column)?,
                };
                let held = held(&device.file, row, column)?;
                if held != expected {
                    return Err(format!("{column} is {held:?} and not {expected:?}").into());
                }
            }
        }
        Ok(())
    }

    /// All hear of all, and are as the model says. So they are when they are compacted and rebuilt.
    fn meet(&self) -> Outcome {
        let all = || self.devices.iter().chain([&self.archive]);
        for _ in 0..3 {
            for (from, to) in all().flat_map(|from| all().map(move |to| (from, to))) {
                send(from.db()?, to.db()?)?;
            }
        }
        all().try_for_each(|device| self.check(device))?;
        let known = all().map(|device| Ok(device.db()?.version_vector()?));
        let known = known.collect::<Outcome<Vec<_>>>()?;
        for device in &self.devices {
            device.db()?.compact(&known)?;
            self.check(device)?;
            device.db()?.rebuild()?;
            self.check(device)?;
            let fresh = Device::new()?;
            send(device.db()?, fresh.db()?)?;
            self.check(&fresh)?;
        }
        Ok(())
    }
}

/// The positions of the columns that are written through.
fn through(columns: [Option<(bool, bool)>; 2]) -> Vec<usize> {
    let is_through = |at: &usize| columns[*at].is_some_and(|(_, is_through)| is_through);
    (0..columns.len()).filter(is_through).collect()
}

#[test]
fn the_last_write_and_the_last_edit_are_the_same_everywhere() {
    let steps = prop::collection::vec(step(), 1..40);
    cases::hold((64, 300), &steps, |steps| {
        let mut world = World::new()?;
        for (at, step) in steps.iter().enumerate() {
            world.step(step).map_err(|error| format!("at step {at}, {step:?}: {error}"))?;
        }
        world.meet().map_err(|error| format!("in the end: {error}").into())
    });
}
