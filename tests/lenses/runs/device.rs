//! A device: its file, the apps that have it open, and what it knows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use ara::{Changes, Database, Error, MergeReport, Reason, TransactionId, Uuid, VersionVector};
use rusqlite::Connection;
use rusqlite::types::Value;
use support::log;
use support::{Outcome, There, Wall, disk, verified};

use crate::runs::model::{Change, Model};
use crate::runs::steps::{App, Write};
use crate::runs::versions::{Cells, Read, RowKey, Rows, TableOf, Watching, What, ensure, tables};

/// All changes that were ever made, by their hashes, as they were first written.
pub type World = HashMap<u64, Change>;

pub struct Device {
    pub path: PathBuf,
    pub wall: Wall,
    handles: Vec<(Database, App)>,
    /// What each handle watches, and what that gave last, by the versions and the names of the tables.
    watches: BTreeMap<(usize, u8, &'static str), (Watching, Rows)>,
    sqlite: Option<Connection>,
    /// The changes that it has, those that were compacted, too.
    pub known: HashSet<u64>,
    model: Model,
    /// When `model` was read from the file.
    read_at: Option<i64>,
    backup: Option<(Vec<u8>, HashSet<u64>)>,
    /// The transactions that were made on it.
    made: Vec<TransactionId>,
    /// Changes with each look, so that each reads in another way first.
    turn: usize,
}

impl Device {
    pub fn new(path: PathBuf, wall: Wall, app: App, seed: u64) -> Outcome<Self> {
        let mut device = Self {
            path,
            wall,
            handles: Vec::new(),
            watches: BTreeMap::new(),
            sqlite: None,
            known: HashSet::new(),
            model: Model::default(),
            read_at: None,
            backup: None,
            made: Vec::new(),
            turn: 0,
        };
        device.open(app, seed)?;
        Ok(device)
    }

    /// An app opens the file, beside those that have.
    pub fn open(&mut self, app: App, seed: u64) -> Outcome {
        let db = self.wall.options().seed(seed).open(&self.path)?;
        for version in app.versions().into_iter().filter(|_| app.ensures) {
            ensure(&db, version)?;
        }
        self.handles.push((db, app));
        if self.sqlite.is_none() {
            (self.sqlite, self.read_at) = (Some(disk::sqlite(&self.path)?), None);
        }
        Ok(())
    }

    /// No app has the file open any more. Returns those that had.
    pub fn close(&mut self) -> Vec<App> {
        (self.sqlite, self.read_at) = (None, None);
        self.watches.clear();
        std::mem::take(&mut self.handles).into_iter().map(|(_, app)| app).collect()
    }

    pub fn count(&self) -> usize {
        self.handles.len()
    }

    pub fn handle(&self, which: usize) -> Outcome<(&Database, App)> {
        let (db, app) = self.handles.get(which % self.handles.len().max(1)).there()?;
        Ok((db, *app))
    }

    pub fn db(&self) -> Outcome<&Database> {
        Ok(self.handle(self.turn)?.0)
    }

    pub fn vector(&self) -> Outcome<VersionVector> {
        Ok(self.db()?.version_vector()?)
    }

    /// What the log says that this device knows, and which changes are new to it, in the order of the log.
    pub fn learn(&mut self, world: &mut World) -> Outcome<Vec<Change>> {
        let sqlite = self.sqlite.as_ref().there()?;
        let version: i64 = sqlite.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.read_at == Some(version) {
            return Ok(Vec::new());
        }
        let (mut new, mut changes) = (Vec::new(), Vec::new());
        for logged in log::read(sqlite)? {
            if let Some(cell) = logged.cells.iter().find(|cell| cell.column.starts_with("ara_")) {
                return Err(format!("a hidden column is in the log: {cell:?}").into());
            }
            let Some(change) = Change::of(&logged) else { continue };
            if self.known.insert(logged.hash) {
                new.push(change.clone());
            }
            world.entry(logged.hash).or_insert_with(|| change.clone());
            changes.push(change);
        }
        self.model = Model::of(&changes);
        self.read_at = Some(version);
        Ok(new)
    }

    /// As [`learn`](Self::learn), where nobody edits.
    fn learn_upkeep(&mut self, world: &mut World) -> Outcome {
        match self.learn(world)?.into_iter().find(|change| !change.is_ara_s()) {
            None => Ok(()),
            Some(change) => Err(format!("nobody wrote {change:?}").into()),
        }
    }

    /// A transaction of an app. Returns it, if it wrote anything.
    pub fn write(
        &mut self,
        handle: usize,
        writes: &[Write],
        (world, unique): (&mut World, &mut u32),
    ) -> Outcome<Option<TransactionId>> {
        let app = self.handle(handle)?.1;
        let versions = app.versions();
        let mut writes: Vec<_> = writes
            .iter()
            .map(|write| {
                let tables = tables(versions[write.version % versions.len()]);
                let table = &tables[write.table % tables.len()];
                (write, table, write.cells(table, unique))
            })
            .collect();
        if let Some(save) = writes.iter().position(|(write, ..)| write.what == What::Save) {
            // A save reads before it writes, and what it reads is brought up to date before.
            writes = vec![writes.swap_remove(save)];
            let (db, table) = (self.handle(handle)?.0, writes[0].1);
            (table.reads)(db, Read::All)?;
            self.learn_upkeep(world)?;
        }
        self.turn += 1;
        let reads_within = self.turn.is_multiple_of(2);
        let db = self.handle(handle)?.0;
        let (did, read, transaction) = db.transaction(|tx| {
            let mut did = Vec::new();
            for (write, table, cells) in &writes {
                did.push((table.write)(tx, write.what, write.id(table), cells)?);
            }
            let mut read: Vec<(&TableOf, Rows)> = Vec::new();
            // Who reads a text that names a row makes it, and then it is there.
            for _ in 0..2 {
                read.clear();
                for (_, table, _) in writes.iter().filter(|_| reads_within) {
                    read.push((table, (table.reads_within)(tx, Read::All)?));
                }
            }
            Ok((did, read, tx.id()))
        })?;
        let mut model = self.model.clone();
        let mut expected = Vec::new();
        for ((nth, (write, table, cells)), did) in (0..).zip(&writes).zip(did) {
            let (must, change) = model.write(table, (write.what, write.id(table)), cells, nth);
            if did != must {
                return Err(format!("{:?} of {} returned {did}", write.what, table.name).into());
            }
            expected.extend(change);
        }
        let made = self.learn(world)?;
        // Of rows that are forgotten, the log tells no more.
        if !expected.iter().any(|change| change.forgets) {
            let own = made.iter().take(expected.len()).map(|made| made.sorted());
            let expected: Vec<_> = expected.iter().map(|change| change.sorted()).collect();
            if own.clone().ne(expected.iter().cloned()) {
                let own: Vec<_> = own.collect();
                return Err(format!("wrote {own:#?}, and not {expected:#?}").into());
            }
            if let Some(more) = made.iter().skip(expected.len()).find(|more| !more.is_ara_s()) {
                return Err(format!("wrote {more:?}, too").into());
            }
        }
        for (table, rows) in read {
            self.is(table, Read::All, &rows).map_err(|error| format!("within: {error}"))?;
        }
        self.made.extend(transaction);
        Ok(transaction)
    }

    /// An app takes back what it has just written: it sees all as it was before.
    pub fn write_and_undo(
        &mut self,
        handle: usize,
        writes: &[Write],
        (world, unique): (&mut World, &mut u32),
    ) -> Outcome {
        self.look_by(handle, world)?;
        let versions = self.handle(handle)?.1.versions();
        // An app that knows several versions of a table undoes by one of them.
        let tables: Vec<_> = match versions[..] {
            [version] => tables(version).iter().collect(),
            _ => Vec::new(),
        };
        let before: Vec<_> = tables.into_iter().map(|it| (it, self.model.rows(it))).collect();
        let Some(transaction) = self.write(handle, writes, (world, unique))? else { return Ok(()) };
        self.undo(handle, transaction, world)?;
        for (table, rows) in before {
            let now = self.model.rows(table);
            // Whether a row is there also depends on what was undone before.
            for (id, (cells, _)) in rows {
                let is_as_before = now.get(&id).is_some_and(|(now, _)| *now == cells);
                if !is_as_before && !self.is_forgotten((table.name, id)) {
                    let row_now = self.row(table, id);
                    return Err(format!("undone, and not {cells:?}: {id} {row_now}").into());
                }
            }
        }
        Ok(())
    }

    fn is_forgotten(&self, row: RowKey) -> bool {
        self.model.0.get(&row).is_some_and(|row| row.is_forgotten)
    }

    /// An app undoes a transaction that was made on this device.
    pub fn undo_earlier(&mut self, handle: usize, which: usize, world: &mut World) -> Outcome {
        let Some(transaction) = self.made.get(which % self.made.len().max(1)) else {
            return Ok(());
        };
        self.undo(handle, *transaction, world)
    }

    fn undo(&mut self, handle: usize, transaction: TransactionId, world: &mut World) -> Outcome {
        match self.handle(handle)?.0.undo(transaction) {
            // The file was put back, or its log was compacted.
            Err(Error::UnknownTransaction | Error::CompactedTransaction { .. }) => return Ok(()),
            undone => self.made.extend(undone?.transaction),
        }
        self.learn(world).map(drop)
    }

    /// Reads all in all ways, by all versions that have the file open.
    pub fn look(&mut self, world: &mut World) -> Outcome {
        self.turn += 1;
        for nth in 0..self.count() {
            self.look_by(nth + self.turn, world)?;
        }
        verified(self.db()?)
    }

    pub fn look_by(&mut self, handle: usize, world: &mut World) -> Outcome {
        let app = self.handle(handle)?.1;
        for version in app.versions() {
            for table in tables(version) {
                self.look_at(handle, table, world)
                    .and_then(|()| self.look_on(handle, table, world))
                    .map_err(|error| format!("{} by version {version}: {error}", table.name))?;
            }
        }
        Ok(())
    }

    fn look_at(&mut self, handle: usize, table: &TableOf, world: &mut World) -> Outcome {
        self.turn += 1;
        self.learn_upkeep(world)?;
        let values: Vec<(&str, Value)> = {
            let rows = self.model.rows(table);
            let cells = rows.values().flat_map(|(cells, _)| cells.clone());
            cells.filter(|(_, value)| *value != Value::Null).collect()
        };
        let mut reads = vec![Read::All];
        reads.extend(table.columns.iter().map(|column| Read::Ordered(column)));
        for (column, value) in &values {
            reads.extend([Read::With(column, value), Read::Scanned(column, value)]);
        }
        let first = self.turn % reads.len();
        reads.rotate_left(first);
        let ids: Vec<Uuid> = self.model.rows(table).into_keys().collect();
        if self.turn.is_multiple_of(3)
            && let Some(id) = ids.first()
        {
            // What `get` reads is worked out first, too.
            let got = (table.get)(self.handle(handle)?.0, *id)?;
            self.learn_upkeep(world)?;
            self.is_got(table, *id, got)?;
        }
        for read in reads {
            let rows = (table.reads)(self.handle(handle)?.0, read)?;
            self.learn_upkeep(world)?;
            self.is(table, read, &rows)?;
        }
        for id in ids {
            let got = (table.get)(self.handle(handle)?.0, id)?;
            self.is_got(table, id, got)?;
        }
        Ok(())
    }

    /// What is watched is what is read. What others commit to the file is noticed when a thread looks at it, so that this is
    /// not compared.
    fn look_on(&mut self, handle: usize, table: &TableOf, world: &mut World) -> Outcome {
        let handle = handle % self.count().max(1);
        let key = (handle, table.version, table.name);
        if !self.watches.contains_key(&key) {
            let watching = (table.watch)(self.handle(handle)?.0)?;
            self.watches.insert(key, (watching, Rows::new()));
        }
        let (watching, shown) = self.watches.get_mut(&key).there()?;
        while let Some(rows) = watching()? {
            *shown = rows;
        }
        let shown = shown.clone();
        self.learn_upkeep(world)?;
        match self.count() {
            1 => self
                .is(table, Read::All, &shown)
                .map_err(|error| format!("watched: {error}").into()),
            _ => Ok(()),
        }
    }

    fn is_got(&self, table: &TableOf, id: Uuid, got: Option<Cells>) -> Outcome {
        let expected = self.model.rows(table).remove(&id).filter(|(_, is_deleted)| !is_deleted);
        match expected.map(|(cells, _)| cells) {
            expected if expected == got => Ok(()),
            expected => {
                Err(format!("got {got:?} of {id}, and not {expected:?}: {}", self.row(table, id))
                    .into())
            }
        }
    }

    fn row(&self, table: &TableOf, id: Uuid) -> String {
        format!("{:#?}", self.model.0.get(&(table.name, id)))
    }

    /// Fails unless that is what is read.
    fn is(&self, table: &TableOf, read: Read<'_>, rows: &Rows) -> Outcome {
        let all = self.model.rows(table).into_iter().map(|(id, (cells, _))| (id, cells));
        let expected: BTreeMap<Uuid, Cells> = match read {
            Read::All => all.collect(),
            Read::With(column, value) | Read::Scanned(column, value) => {
                all.filter(|(_, cells)| cells.get(column) == Some(value)).collect()
            }
            Read::Ordered(column) => {
                let is_there = |cells: &Cells| cells.get(column) != Some(&Value::Null);
                let expected: BTreeMap<Uuid, Cells> =
                    all.filter(|(_, cells)| is_there(cells)).collect();
                let by = |cells: &Cells| match cells.get(column) {
                    Some(Value::Text(text)) => text.as_bytes().to_vec(),
                    Some(Value::Blob(bytes)) => bytes.clone(),
                    _ => Vec::new(),
                };
                if !rows.is_sorted_by_key(|(id, cells)| (by(cells), *id)) {
                    return Err(format!("not in order of {column}: {rows:?}").into());
                }
                expected
            }
        };
        let read_rows: BTreeMap<Uuid, Cells> = rows.iter().cloned().collect();
        if read_rows.len() != rows.len() {
            return Err(format!("{read:?} gives a row twice").into());
        }
        if read_rows == expected {
            return Ok(());
        }
        let ids = expected.keys().chain(read_rows.keys());
        let other = ids.copied().find(|id| expected.get(id) != read_rows.get(id)).there()?;
        Err(format!(
            "{read:?} gives {:?} of {other}, and not {:?}: {}",
            read_rows.get(&other),
            expected.get(&other),
            self.row(table, other),
        )
        .into())
    }

    /// What the rows are as this device knows them.
    pub fn model(&mut self, world: &mut World) -> Outcome<&Model> {
        self.learn_upkeep(world)?;
        Ok(&self.model)
    }

    /// The past, now, is the present.
    pub fn look_back(&mut self, world: &mut World) -> Outcome {
        self.learn_upkeep(world)?;
        for nth in 0..self.count() {
            let (db, app) = self.handle(nth)?;
            let past = db.at(ara::Timestamp::from_millis(i64::MAX / 1000));
            for table in app.versions().into_iter().flat_map(tables) {
                let rows = (table.reads_past)(&past, Read::All)?;
                self.is(table, Read::All, &rows)
                    .map_err(|error| format!("past: version {}: {error}", table.version))?;
            }
        }
        Ok(())
    }

    pub fn changes_for(&self, vector: &VersionVector, bytes: usize) -> Outcome<Vec<Changes>> {
        let changes = self.db()?.changes_since(vector)?;
        Ok(changes.in_batches_of(bytes).collect::<ara::Result<_>>()?)
    }

    /// Takes what somebody has sent.
    pub fn merge(&mut self, changes: &Changes, world: &mut World) -> Outcome<MergeReport> {
        self.turn += 1;
        let report = self.db()?.merge(changes)?;
        if let Some(refused) = report.refused.iter().find(|one| one.reason != Reason::Unconnected) {
            return Err(format!("refused: {refused}").into());
        }
        let new = self.learn(world)?;
        if let Some(change) =
            new.iter().find(|change| !change.is_ara_s() && !world.contains_key(&change.at.2))
        {
            return Err(format!("nobody made {change:?}").into());
        }
        Ok(report)
    }

    pub fn rebuild(&mut self, world: &mut World) -> Outcome {
        self.learn_upkeep(world)?;
        let before = self.model.clone();
        self.db()?.rebuild()?;
        self.learn_upkeep(world)?;
        if self.model != before {
            return Err("a rebuild changes the log".into());
        }
        Ok(())
    }

    /// Drops from the log what is covered, as far as all devices know.
    pub fn compact(&mut self, devices: &[VersionVector], world: &mut World) -> Outcome {
        self.learn_upkeep(world)?;
        let before = self.model.clone();
        self.db()?.compact(devices)?;
        self.learn_upkeep(world)?;
        match self.model.differs_from(&before) {
            None => Ok(()),
            Some(differs) => Err(format!("compacted: {differs}").into()),
        }
    }

    pub fn back_up(&mut self, seed: u64) -> Outcome {
        let apps = self.close();
        self.backup = Some((fs::read(&self.path)?, self.known.clone()));
        self.reopen(&apps, seed)
    }

    /// The file is as it was when it was backed up, if it was.
    pub fn restore(&mut self, is_put_back: bool, seed: u64) -> Outcome {
        let Some((bytes, known)) = self.backup.clone() else { return Ok(()) };
        let apps = self.close();
        if is_put_back {
            fs::write(&self.path, bytes)?;
        } else {
            let copy = self.path.with_extension("backup");
            fs::write(&copy, bytes)?;
            disk::options().restore_backup(&copy, &self.path)?;
        }
        self.known = known;
        self.reopen(&apps, seed)
    }

    /// A copy of the database takes the place of this device's.
    pub fn become_copy_of(&mut self, other: &Self, path: PathBuf, seed: u64) -> Outcome {
        let apps = self.close();
        other.db()?.backup(&path)?;
        (self.path, self.backup, self.known) = (path, None, other.known.clone());
        self.reopen(&apps, seed)
    }

    fn reopen(&mut self, apps: &[App], seed: u64) -> Outcome {
        (0..).zip(apps).try_for_each(|(nth, app)| self.open(*app, seed + nth))
    }
}
