//! Logs that are compacted while changes are under way: that of the sender between two batches, that of the receiver
//! between two merges.

use std::collections::BTreeMap;

use ara::prelude::*;

use support::cases::scaled;
use support::random::Random;
use support::{Outcome, Wall, agree, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    stars: Option<i64>,
    views: Counter,
}

/// What was written last into a row, by a clock that all devices share, and what was added in all.
#[derive(Debug, Clone, Default, PartialEq)]
struct Last {
    title: String,
    stars: Option<i64>,
    views: i64,
    is_deleted: bool,
}

const KEYS: usize = 12;

struct World {
    devices: Vec<Database>,
    wall: Wall,
    random: Random,
    model: BTreeMap<usize, Last>,
}

impl World {
    fn new() -> Outcome<Self> {
        let (wall, random) = (Wall::new(), Random::new());
        let device = |seed| wall.options().seed(seed).memory();
        let devices = (1..4).map(device).collect::<ara::Result<_>>()?;
        Ok(Self { devices, wall, random, model: BTreeMap::new() })
    }

    /// A device writes a row as it sees it.
    fn write(&mut self, device: usize) -> Outcome {
        let (db, key) = (&self.devices[device], self.random.below(KEYS));
        self.wall.advance(1);
        let (id, number) = (Id::<Article>::from_key(key.to_string()), self.wall.millis());
        let last = self.model.entry(key).or_default();
        if db.get(id)?.is_none() {
            let title = format!("title {number}");
            db.upsert(Article::draft().id(id).title(&*title).views(0))?;
            (last.title, last.is_deleted) = (title, false);
            return Ok(());
        }
        match self.random.below(8) {
            0 => {
                db.delete(id)?;
                last.is_deleted = true;
            }
            1..4 => {
                last.title = format!("title {number}");
                db.update(Article::patch(id).title(&*last.title))?;
            }
            4..6 => {
                last.stars = Some(number);
                db.update(Article::patch(id).stars(number))?;
            }
            _ => {
                last.views += 2;
                db.update(Article::patch(id).views(Counter::add(2)))?;
            }
        }
        Ok(())
    }

    /// A device compacts its log as far as all know it.
    fn compact(&self, device: usize) -> Outcome<u64> {
        let vectors = self.devices.iter().map(Database::version_vector);
        let vectors = vectors.collect::<ara::Result<Vec<_>>>()?;
        Ok(self.devices[device].compact(&vectors)?.dropped_values)
    }

    /// Sends what a device has to another one, in small batches. Between them, both may write and compact. Returns
    /// how many values were dropped meanwhile.
    fn send(&mut self, from: usize, to: usize) -> Outcome<u64> {
        let mut dropped = 0;
        let size = 1 + self.random.below(400);
        let vector = self.devices[to].version_vector()?;
        let mut batches = self.devices[from].changes_since(&vector)?.in_batches_of(size);
        // Now and then the way breaks off.
        let most = if self.random.below(4) == 0 { self.random.below(9) } else { usize::MAX };
        for _ in 0..most {
            let Some(batch) = batches.next().transpose()? else { break };
            for device in [from, to] {
                match self.random.below(6) {
                    0 => dropped += self.compact(device)?,
                    1 => self.write(device)?,
                    _ => {}
                }
            }
            let report = self.devices[to].merge(&batch)?;
            assert!(report.refused.is_empty() && report.forked.is_empty(), "{report:?}");
        }
        Ok(dropped)
    }

    /// All devices have all, and hold what the model says.
    fn compare(&self) -> Outcome {
        for _ in 0..2 {
            for (from, to) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
                send(&self.devices[from], &self.devices[to])?;
            }
        }
        let fresh = Database::memory()?;
        send(&self.devices[1], &fresh)?;
        for db in self.devices.iter().chain([&fresh]) {
            agree(db, &self.devices[0])?;
            let rows = db.query::<Article>().with_deleted().all()?;
            assert_eq!(rows.len(), self.model.len());
            for (key, last) in &self.model {
                let id = Id::from_key(key.to_string());
                let row = rows.iter().find(|row| row.id == id).ok_or("a row is lacking")?;
                let views = row.views.map_or(0, Counter::get);
                let is_deleted = db.get(id)?.is_none();
                let title = row.title.clone().unwrap_or_default();
                assert_eq!(&Last { title, stars: row.stars, views, is_deleted }, last);
            }
        }
        Ok(())
    }
}

#[test]
fn logs_are_compacted_between_batches() -> Outcome {
    let mut dropped = 0;
    let mut world = World::new()?;
    for round in 0..scaled(6) {
        println!("round {round}");
        for _ in 0..12 {
            let from = world.random.below(3);
            for _ in 0..world.random.below(40) {
                world.write(from)?;
            }
            let to = (from + 1 + world.random.below(2)) % 3;
            dropped += world.send(from, to)?;
        }
        world.compare()?;
    }
    assert!(dropped > 0, "nothing was compacted meanwhile");
    Ok(())
}
