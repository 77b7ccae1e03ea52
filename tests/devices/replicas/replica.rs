//! A device: its file, its clock, its version of the app, and what it must know by now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use ara::{Changes, Database, MergeReport, Reason, VersionVector};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::replicas::steps::Write;
use crate::replicas::values::{is_same, stored};
use crate::replicas::versions::{TableOf, What, ensure, tables};
use crate::replicas::world::{Key, Row, Tables, VOIDS, World, fold, key};
use support::log::{self, Logged};
use support::{Outcome, There, Wall, verified};

/// Five minutes: what is dated later waits for its time.
const MOST_AHEAD: i64 = 5 * 60 * 1000;

pub struct Replica {
    path: PathBuf,
    db: Option<Database>,
    pub wall: Wall,
    pub version: u8,
    state: State,
    backup: Option<Backup>,
}

/// What the file must hold.
#[derive(Debug, Clone, Default)]
struct State {
    /// The changes of the log.
    known: BTreeSet<Key>,
    /// Those of them that are folded into the tables: the others are dated ahead.
    folded: BTreeSet<Key>,
    /// What is in the log. Of what is known, all that is not was dropped.
    held: BTreeMap<Key, Logged>,
}

struct Backup {
    bytes: Vec<u8>,
    state: State,
}

impl Replica {
    pub fn new(
        path: PathBuf,
        wall: Wall,
        version: u8,
        seed: u64,
        world: &mut World,
    ) -> Outcome<Self> {
        let state = State::default();
        let mut replica = Self { path, db: None, wall, version, state, backup: None };
        replica.open(seed, world)?;
        Ok(replica)
    }

    pub fn db(&self) -> Outcome<&Database> {
        self.db.as_ref().there()
    }

    pub fn known(&self) -> &BTreeSet<Key> {
        &self.state.known
    }

    /// As an app does it when it starts. Every run needs a seed of its own: a node id is not made twice.
    pub fn open(&mut self, seed: u64, world: &mut World) -> Outcome {
        self.db = None;
        self.db = Some(self.wall.options().seed(seed).open(&self.path)?);
        self.settle(world)?;
        self.upgrade(self.version, world)
    }

    /// Goes on with a later version of the app.
    pub fn upgrade(&mut self, version: u8, world: &mut World) -> Outcome {
        self.version = version;
        ensure(self.db()?, version)?;
        self.look(world, true)
    }

    /// Has what is due folded in, as every write does.
    pub fn settle(&mut self, world: &mut World) -> Outcome {
        self.db()?.transaction(|_| Ok(()))?;
        self.look(world, false)
    }

    /// A transaction of the app.
    pub fn write(&mut self, writes: &[Write], world: &mut World) -> Outcome {
        let tables = tables(self.version);
        let of = |write: &Write| &tables[usize::from(write.table) % tables.len()];
        let did = self.db()?.transaction(|tx| {
            let one = |write: &Write| {
                (of(write).write)(tx, write.what, write.key, &write.cells(of(write)))
            };
            writes.iter().map(one).collect::<ara::Result<Vec<_>>>()
        })?;
        self.look(world, true)?;
        // What was written last is there.
        let mut expected = BTreeMap::new();
        for (write, did) in writes.iter().zip(did) {
            let table = of(write);
            let row = (table.name, (table.id)(write.key));
            let is_set = !matches!(write.what, What::Delete | What::Restore);
            for (column, value) in write.cells(table) {
                if did && is_set {
                    expected.insert((row.clone(), column), value);
                }
            }
            if did && write.what != What::Update {
                let deleted = Value::Integer(i64::from(write.what == What::Delete));
                expected.insert((row, "is_deleted"), deleted);
            }
        }
        let folded = self.folded(world);
        for (((table, id), column), value) in expected {
            let row = folded.get(table).and_then(|rows| rows.get(&id)).there()?;
            let found = row.value(column);
            if !is_same(&stored(&found), &stored(&value)) {
                return Err(format!("{table}.{column} is {found:?} after {value:?}").into());
            }
        }
        Ok(())
    }

    /// What it knows.
    pub fn vector(&mut self, world: &mut World) -> Outcome<VersionVector> {
        let vector = self.db()?.version_vector()?;
        // To read is to have folded in what is due.
        self.look(world, false)?;
        Ok(vector)
    }

    /// All that it has which somebody lacks.
    pub fn changes_for(
        &mut self,
        vector: &VersionVector,
        bytes: usize,
        world: &mut World,
    ) -> Outcome<Vec<Changes>> {
        let changes = self.db()?.changes_since(vector)?;
        let batches = changes.in_batches_of(bytes).collect::<ara::Result<_>>()?;
        self.look(world, false)?;
        Ok(batches)
    }

    pub fn merge(&mut self, changes: &Changes, world: &mut World) -> Outcome<MergeReport> {
        let before = self.state.held.len();
        let report = self.db()?.merge(changes)?;
        if let Some(refused) = report.refused.iter().find(|one| one.reason != Reason::Unconnected) {
            return Err(format!("refused: {refused}").into());
        }
        self.look(world, false)?;
        let new = (self.state.held.len() - before) as u64;
        // It may have written something itself, if its clock came back.
        let has_voids = !world.voids(&self.state.known).is_empty();
        if report.changes > new || (report.changes < new && !has_voids) {
            return Err(format!("{new} changes are new, {report:?}").into());
        }
        Ok(report)
    }

    pub fn back_up(&mut self, seed: u64, world: &mut World) -> Outcome {
        self.db = None;
        self.backup = Some(Backup { bytes: fs::read(&self.path)?, state: self.state.clone() });
        self.open(seed, world)
    }

    /// The same file has the bytes of its backup again, if there is one.
    pub fn restore(&mut self, seed: u64, world: &mut World) -> Outcome {
        let Some(Backup { bytes, state }) = &self.backup else { return Ok(()) };
        self.db = None;
        fs::write(&self.path, bytes)?;
        self.state = state.clone();
        self.open(seed, world)
    }

    /// A copy of the file takes the place of this device's.
    pub fn become_copy_of(
        &mut self,
        other: &mut Self,
        path: PathBuf,
        seeds: [u64; 2],
        world: &mut World,
    ) -> Outcome {
        (self.db, other.db) = (None, None);
        fs::copy(&other.path, &path)?;
        (self.path, self.state, self.backup) = (path, other.state.clone(), None);
        self.version = self.version.max(other.version);
        other.open(seeds[0], world)?;
        self.open(seeds[1], world)
    }

    /// Looks what the last step did to the log and the tables.
    fn look(&mut self, world: &mut World, may_have_written: bool) -> Outcome {
        let sqlite = Connection::open(&self.path)?;
        // What has become due is folded in before anything else is done.
        self.fold_in(world)?;
        self.learn(&sqlite, world, may_have_written)?;
        self.fold_in(world)?;
        let rows = self.folded(world);
        compare_raw(&sqlite, &rows)?;
        for table in tables(self.version) {
            compare_read(table, self.db()?, &rows)?;
        }
        verified(self.db()?)
    }

    /// What the tables hold: the fold of what is in the log.
    fn folded(&self, world: &World) -> Tables {
        let State { known, folded, held } = &self.state;
        let folded = folded.iter().filter_map(|key| held.get(key));
        fold(folded, known, &world.voids(known))
    }

    fn fold_in(&mut self, world: &World) -> Outcome {
        let horizon = self.wall.millis() + MOST_AHEAD;
        let State { known, folded, .. } = &mut self.state;
        // A clock that ran back does not divide what a node wrote before its last that is folded in.
        let mut horizons: BTreeMap<[u8; 16], i64> = BTreeMap::new();
        for (node, time, _) in &*folded {
            let of_node = horizons.entry(*node).or_insert(horizon);
            *of_node = (*of_node).max(time >> 16);
        }
        // A change of a fork can be one of several transactions: the very same was written again.
        let mut whole: BTreeSet<Key> = BTreeSet::new();
        for transaction in world.transactions_within(known) {
            whole.extend(transaction);
            let horizon_of = |node| horizons.get(node).copied().unwrap_or(horizon);
            if transaction.iter().all(|(node, time, _)| time >> 16 <= horizon_of(node)) {
                folded.extend(transaction);
            }
        }
        if whole.len() < known.len() {
            return Err("a part of a transaction came alone".into());
        }
        Ok(())
    }

    /// Whatever is new in the log was made by this step, or by others before.
    fn learn(&mut self, sqlite: &Connection, world: &mut World, may_have_written: bool) -> Outcome {
        let State { known, folded, held } = &mut self.state;
        let log: Vec<_> = log::read(sqlite)?.into_iter().chain(log::twins(sqlite)?).collect();
        let count = log.len();
        *held = log.into_iter().map(|change| (key(&change), change)).collect();
        if held.len() != count {
            return Err("a change is there twice".into());
        }
        for change in held.values() {
            world.compare(change)?;
        }
        let dropped = world.dropped(held)?;
        let is_gone = |key: &&Key| !held.contains_key(*key) && !dropped.contains(*key);
        if let Some(gone) = known.iter().find(is_gone) {
            return Err(format!("a change is gone: {gone:?}").into());
        }
        known.extend(dropped);
        let new: Vec<_> = held.iter().filter(|(key, _)| !known.contains(*key)).collect();
        let new: Vec<_> = new.into_iter().map(|(_, change)| change.clone()).collect();
        known.extend(new.iter().map(key));
        let is_made = |change: &Logged| !world.changes.contains_key(&key(change));
        let made: Vec<_> = match may_have_written {
            // A fork can make the very same change once more.
            true => new,
            false => new.into_iter().filter(is_made).collect(),
        };
        if made.is_empty() {
            return Ok(());
        }
        let node: [u8; 16] = sqlite.query_row(
            "SELECT id FROM ara_node WHERE ordinal = (SELECT value FROM ara_meta WHERE key = 'node')",
            [],
            |row| row.get(0),
        )?;
        if made.iter().any(|change| change.node_id != node) {
            return Err("a change came that nobody made".into());
        }
        // A device whose clock came back writes again what it wrote ahead, whatever it does.
        let came_back = made.iter().any(|change| change.table == VOIDS);
        if !came_back && !may_have_written {
            return Err("a change was made that nobody asked for".into());
        }
        let mut last = folded.iter().map(|(_, time, _)| *time).max().unwrap_or(0);
        let has_voids = came_back || !world.voids(known).is_empty();
        for change in &made {
            let expected = (last + 1).max(self.wall.millis() << 16);
            if change.time != expected && !has_voids {
                return Err(format!("a change is dated {}, not {expected}", change.time).into());
            }
            last = change.time;
        }
        let ends = made.iter().filter(|change| change.mark.is_some()).count();
        // What is written again is a transaction of its own.
        let most = if came_back { 2 } else { 1 };
        if !(1..=most).contains(&ends) || made.last().is_some_and(|end| end.mark.is_none()) {
            return Err(format!("{ends} transactions end").into());
        }
        folded.extend(made.iter().map(key));
        world.add(made);
        Ok(())
    }

    /// Drops from the log what is covered, as far as all devices know.
    pub fn compact(&mut self, devices: &[VersionVector], world: &mut World) -> Outcome {
        // A device whose clock came back writes again what it wrote ahead, whatever it does.
        self.settle(world)?;
        let before = self.state.held.len();
        let done = self.db()?.compact(devices)?;
        self.look(world, false)?;
        if self.state.held.len() + done.dropped_changes as usize != before {
            return Err(format!("{before} changes were held, {done:?}").into());
        }
        Ok(())
    }

    /// Drops from the log all that is covered by now, and makes the tables again from what is left. The
    /// device takes no more steps.
    pub fn compact_all(&self, world: &World) -> Outcome {
        let db = self.db()?;
        db.compact(&[db.version_vector()?])?;
        verified(db)?;
        self.compare_with_all(world, &self.state.known)?;
        db.rebuild()?;
        self.compare_with_all(world, &self.state.known)
    }

    /// Compares what this version of the app reads with what the whole world has written.
    pub fn compare_with_all(&self, world: &World, known: &BTreeSet<Key>) -> Outcome {
        let all = world.fold(known);
        compare_raw(&Connection::open(&self.path)?, &all)?;
        tables(self.version).iter().try_for_each(|table| compare_read(table, self.db()?, &all))
    }
}

/// The tables as SQLite alone sees them, with all columns, whoever declares them.
pub fn compare_raw(sqlite: &Connection, expected: &Tables) -> Outcome {
    let names: Vec<String> = sqlite
        .prepare("SELECT name FROM ara_table WHERE name <> ?1")?
        .query_map([VOIDS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let names: BTreeSet<&str> = names.iter().chain(expected.keys()).map(String::as_str).collect();
    for name in names {
        let mut rows = sqlite.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY id"))?;
        let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
        let mut rows = rows.query([])?;
        let nothing = BTreeMap::new();
        let mut expected = expected.get(name).unwrap_or(&nothing).iter();
        while let Some(row) = rows.next()? {
            let (id, expected) = expected.next().ok_or(format!("{name}: a row too many"))?;
            for (at, column) in columns.iter().enumerate() {
                let expected = match column.as_str() {
                    "ara_row" | "ara_clock" => continue,
                    "id" => Value::Blob(id.clone()),
                    "created_at" => Value::Integer(expected.created_at),
                    "updated_at" => Value::Integer(expected.updated_at),
                    column => stored(&expected.value(column)),
                };
                same(name, column, &expected, &row.get(at)?)?;
            }
            if let Some(lacking) = expected.cells.keys().find(|cell| !columns.contains(cell)) {
                return Err(format!("{name} lacks {lacking}").into());
            }
        }
        if expected.next().is_some() {
            return Err(format!("{name}: a row is missing").into());
        }
    }
    Ok(())
}

/// A table as a query reads it.
fn compare_read(table: &TableOf, db: &Database, expected: &Tables) -> Outcome {
    let nothing = BTreeMap::new();
    let expected = expected.get(table.name).unwrap_or(&nothing);
    let mut found = (table.read)(db)?;
    for (id, row) in expected {
        let (cells, created_at, updated_at) = found.remove(id).there()?;
        let Row { created_at: first, updated_at: last, .. } = row;
        if (created_at, updated_at) != (*first, *last) {
            return Err(format!("{}: made {created_at}, updated {updated_at}", table.name).into());
        }
        for (column, value) in cells {
            same(table.name, column, &stored(&row.value(column)), &value)?;
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("{}: rows too many", table.name).into()) }
}

fn same(table: &str, column: &str, expected: &Value, found: &Value) -> Outcome {
    if is_same(expected, found) {
        return Ok(());
    }
    Err(format!("{table}.{column}: expected {expected:.60?}, found {found:.60?}").into())
}
