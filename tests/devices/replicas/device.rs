//! A device: its database, its clock, its version of the app, and what it must know by now.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use ara::{
    Changes, Database, Error, MergeReport, Reason, Table as _, TransactionId, VersionVector,
};

use crate::replicas::known::Known;
use crate::replicas::shown::Shown;
use crate::replicas::steps::{Means, Write};
use crate::replicas::versions::{COURIER, RowKey, ensure, ids, tables, v1};
use crate::replicas::world::{Made, World};
use support::{Outcome, There, Wall, disk, verified};

pub struct Device {
    db: Option<Database>,
    /// Where its file is, if it is not in memory.
    path: Option<PathBuf>,
    pub wall: Wall,
    pub version: u8,
    /// The changes that it has.
    pub known: Known,
    /// It may know of changes more, or less of their values, than is noted: a part of a compacted log came.
    pub is_vague: bool,
    /// What it showed last.
    pub shown: Shown,
    /// The last transaction if it was its own, and what was shown before.
    pub last: Option<(TransactionId, Shown)>,
    backup: Option<Backup>,
}

/// A file as it was, and what was true of it.
struct Backup {
    bytes: Vec<u8>,
    known: Known,
    is_vague: bool,
    shown: Shown,
}

impl Device {
    pub fn new(path: Option<PathBuf>, wall: Wall, version: u8, seed: u64) -> Outcome<Self> {
        let mut device = Self {
            db: None,
            path,
            wall,
            version,
            known: Known::default(),
            is_vague: false,
            shown: Shown::default(),
            last: None,
            backup: None,
        };
        device.open(seed)?;
        Ok(device)
    }

    pub fn db(&self) -> Outcome<&Database> {
        self.db.as_ref().there()
    }

    pub fn vector(&self) -> Outcome<VersionVector> {
        Ok(self.db()?.version_vector()?)
    }

    /// As an app does it when it starts. Every run needs a seed of its own: a node id is not made twice.
    fn open(&mut self, seed: u64) -> Outcome {
        self.db = None;
        let options = self.wall.options().seed(seed);
        self.db = Some(match &self.path {
            Some(path) => options.open(path)?,
            None => options.memory()?,
        });
        ensure(self.db()?, self.version)
    }

    /// Draws the id of a row that is not made.
    pub fn waste_an_id(&self) -> Outcome {
        let wasted = self.db()?.try_transaction(|tx| -> Result<(), Error> {
            tx.create(v1::Note::draft())?;
            Err(Error::Broken)
        });
        match wasted {
            Err(Error::Broken) => Ok(()),
            wasted => Ok(wasted?),
        }
    }

    /// What is in memory stays open. A row of which was only told that it was forgotten is forgotten here then.
    pub fn reopen(&mut self, seed: u64, world: &mut World) -> Outcome {
        let Some(path) = &self.path else { return self.stays(world) };
        let told = told(path)?;
        self.open(seed)?;
        if told.is_empty() {
            return self.stays(world);
        }
        let listed = self.db()?.transactions().collect::<ara::Result<Vec<_>>>()?;
        let new = listed.iter().map(|one| one.id).find(|id| !world.transactions.contains_key(id));
        // Of two branches of a fork both may have done the same.
        let id = new.or(self.db()?.last_transaction()?).there()?;
        let made = told.into_iter().map(Made::forgetting).collect();
        world.add(id, self.wall.millis(), made, &mut self.known)?;
        self.last = None;
        self.look(world)
    }

    /// Goes on with a later version of the app.
    pub fn upgrade(&mut self, version: u8, world: &mut World) -> Outcome {
        if self.version != COURIER {
            self.version = version;
            ensure(self.db()?, self.version)?;
        }
        self.stays(world)
    }

    pub fn rebuild(&mut self, world: &mut World) -> Outcome {
        self.db()?.rebuild()?;
        self.stays(world)
    }

    /// A transaction of the app. What it writes is there at once, and nothing else changes.
    pub fn write(&mut self, writes: &[Write], world: &mut World) -> Outcome {
        let tables = tables(self.version);
        if tables.is_empty() {
            return Ok(());
        }
        let of = |write: &Write| &tables[usize::from(write.table) % tables.len()];
        let writes: Vec<_> =
            writes.iter().map(|write| (write, write.cells(of(write), world))).collect();
        let (before, vector) = (self.shown.clone(), self.vector()?);
        let (did, id) = self.db()?.transaction(|tx| {
            let one =
                |(write, cells): &(&Write, _)| (of(write).write)(tx, write.what, write.key, cells);
            Ok((writes.iter().map(one).collect::<ara::Result<Vec<_>>>()?, tx.id()))
        })?;
        let (mut expected, mut made) = (before.clone(), Vec::new());
        for ((write, cells), did) in writes.iter().zip(did) {
            let (must, change) = expected.write(of(write).row(write.key), write, cells);
            if did != must {
                return Err(format!("{:?} returned {did}", write.what).into());
            }
            made.extend(change);
        }
        if made.is_empty() {
            if id.is_some() || self.vector()? != vector {
                return Err("a write that changes nothing is in the log".into());
            }
        } else {
            let id = id.ok_or("a transaction has no id")?;
            if self.db()?.last_transaction()? != Some(id) {
                return Err("the last transaction has another id".into());
            }
            world.add(id, self.wall.millis(), made, &mut self.known)?;
            self.last = Some((id, before));
        }
        self.look(world)?;
        self.shown.has_values_of(&expected).map_err(|error| format!("written: {error}").into())
    }

    /// All that it has which somebody lacks.
    pub fn changes_for(&self, vector: &VersionVector, bytes: usize) -> Outcome<Vec<Changes>> {
        let changes = self.db()?.changes_since(vector)?;
        Ok(changes.in_batches_of(bytes).collect::<ara::Result<_>>()?)
    }

    /// Takes what somebody has sent, and shows it at once.
    pub fn merge(&mut self, changes: &Changes, world: &mut World) -> Outcome<MergeReport> {
        let report = self.db()?.merge(changes)?;
        if let Some(refused) = report.refused.iter().find(|one| one.reason != Reason::Unconnected) {
            return Err(format!("refused: {refused}").into());
        }
        self.is_vague |= !world.receive(&report.transactions, &mut self.known)?;
        self.is_vague |= world.has_compacted;
        self.last = None;
        Ok(report)
    }

    /// Drops from the log what is covered, as far as all devices know.
    pub fn compact(&mut self, devices: &[VersionVector], world: &mut World) -> Outcome {
        self.db()?.compact(devices)?;
        world.has_compacted = true;
        self.last = None;
        self.stays(world)
    }

    pub fn back_up(&mut self, seed: u64, world: &mut World) -> Outcome {
        let Some(path) = self.path.clone() else { return Ok(()) };
        self.db = None;
        let (known, is_vague, shown) = (self.known.clone(), self.is_vague, self.shown.clone());
        self.backup = Some(Backup { bytes: fs::read(path)?, known, is_vague, shown });
        self.reopen(seed, world)
    }

    /// The file is as it was when it was backed up, if it was.
    pub fn restore(&mut self, means: Means, seed: u64, world: &mut World) -> Outcome {
        let (Some(backup), Some(path)) = (&self.backup, &self.path) else { return Ok(()) };
        self.db = None;
        match means {
            // The same file goes on under its id.
            Means::PutBack => {
                fs::write(path, &backup.bytes)?;
                world.has_forked = true;
            }
            Means::ByTheGuide => {
                let copy = path.with_extension("backup");
                fs::write(&copy, &backup.bytes)?;
                disk::options().restore_backup(&copy, path)?;
            }
        }
        self.known = backup.known.clone();
        self.is_vague = backup.is_vague;
        self.shown = backup.shown.clone();
        self.last = None;
        self.reopen(seed, world)
    }

    /// A copy of the database takes the place of this device's.
    pub fn become_copy_of(
        &mut self,
        other: &Self,
        path: PathBuf,
        seed: u64,
        world: &mut World,
    ) -> Outcome {
        self.db = None;
        other.db()?.backup(&path)?;
        (self.path, self.backup, self.last) = (Some(path), None, None);
        self.known = other.known.clone();
        self.is_vague = other.is_vague;
        self.shown = other.shown.clone();
        if self.version != COURIER {
            self.version = self.version.max(other.version);
        }
        self.reopen(seed, world)
    }

    /// Looks what the last step did.
    pub fn look(&mut self, world: &mut World) -> Outcome {
        let shown = Shown::of(self.db()?)?;
        let before = mem::replace(&mut self.shown, shown);
        self.shown.stays_forgotten(&before)?;
        world.check_forgotten(&self.known, &self.shown)?;
        if !self.is_vague {
            world.check(&self.known, &self.shown)?;
        }
        verified(self.db()?)
    }

    /// Looks, and fails unless all is as it was.
    pub fn stays(&mut self, world: &mut World) -> Outcome {
        let before = self.shown.clone();
        self.look(world)?;
        self.shown.is_as(&before)
    }
}

/// The rows in a file of which was only told that they were forgotten.
fn told(path: &Path) -> Outcome<Vec<RowKey>> {
    let sqlite = disk::sqlite(path)?;
    let mut rows = sqlite.prepare(
        "SELECT t.name, f.row FROM ara_forgotten f JOIN ara_table t ON t.ordinal = f.tbl \
         WHERE f.act = 0 ORDER BY f.tbl, f.row",
    )?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows = rows.collect::<Result<Vec<(String, [u8; 16])>, _>>()?;
    let key = |(table, id): &(String, [u8; 16])| {
        ids().iter().find(|((name, row), _)| name == table && row.as_bytes() == id)
    };
    Ok(rows.iter().filter_map(key).map(|(_, key)| *key).collect())
}
