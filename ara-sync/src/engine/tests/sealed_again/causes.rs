//! Why a node is sealed again: devices of which one is about to do it.

use std::sync::{Arc, LazyLock};

use ara::prelude::*;
use ara_core::Database;

use crate::engine::base::Engine;
use crate::engine::settings::Settings;
use crate::engine::tests::bulk::noise;
use crate::engine::tests::world::{Device, Todo, URL, World, settings};

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A row was forgotten that is in the middle of it.
    Forgotten,
    /// So was one of a segment of several parts.
    Large,
    /// It has many small segments.
    Small,
    /// Its author was removed.
    Removed,
    /// Two files wrote under it.
    Forked,
}

/// Devices of which one has something to seal again, and has not begun to.
pub(super) struct Case {
    pub(super) world: Arc<World>,
    pub(super) sealer: Device,
    pub(super) others: Others,
    /// The rows that must be there in the end.
    pub(super) titles: Vec<String>,
}

/// Those who do something meanwhile.
pub(super) struct Others {
    /// Whose node it is. It is another process of the sealer where that seals its own, and no member any more where it
    /// was removed.
    pub(super) author: Device,
    /// Who has read up to the middle of what is replaced.
    pub(super) third: Device,
    /// The app of the sealer.
    pub(super) app: Database,
    /// A row of the node that is sealed again, which is not forgotten yet.
    pub(super) row: (Id<Todo>, &'static str),
}

impl Cause {
    pub(super) fn begin(self, world: World) -> Case {
        match self {
            Self::Forgotten => forgotten(world, false),
            Self::Large => forgotten(world, true),
            Self::Small => small(world),
            Self::Removed => removed(world),
            Self::Forked => forked(world),
        }
    }

    /// Returns whether a row is one that the sealer alone has at first.
    pub(super) fn is_of_sealer(self, title: &str) -> bool {
        match self {
            Self::Forked => title == "tablet",
            // What was sealed by who is out counts for who had read it.
            Self::Removed => ["2", "3"].contains(&title),
            Self::Small => title == noise(100, 63),
            _ => false,
        }
    }

    /// Returns whether the author is a member of its own.
    pub(super) fn is_author_another_member(self) -> bool {
        !matches!(self, Self::Small | Self::Removed)
    }
}

fn case(
    (world, sealer): (World, Device),
    (author, third): (Device, Device),
    row: (Id<Todo>, &'static str),
    titles: impl IntoIterator<Item = impl Into<String>>,
) -> Case {
    let app = sealer.db.clone();
    let titles = titles.into_iter().map(Into::into).collect();
    Case { world: Arc::new(world), sealer, others: Others { author, third, app, row }, titles }
}

fn forget(db: &Database, row: Id<Todo>) {
    db.delete(row).unwrap();
    assert!(db.forget(row).unwrap());
}

/// Notes that together are more than a part.
static LARGE: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..7).map(|seed| noise(300_000, seed)).collect());

fn forgotten(world: World, is_large: bool) -> Case {
    let mut laptop = world.found();
    let [mut phone, mut tablet] = [world.join(&mut laptop), world.join(&mut laptop)];
    let mut rows = vec![];
    for (at, title) in ["0", "1", "2", "3"].into_iter().enumerate() {
        let notes: &[String] = if is_large && at == 2 { &LARGE } else { &[] };
        let written = laptop.db.transaction(|tx| {
            for notes in notes.iter().skip(1) {
                tx.create(Todo::draft().title("large").notes(&**notes))?;
            }
            tx.create(Todo::draft().title(title).notes(notes.first().cloned()))
        });
        rows.push(written.unwrap());
        laptop.sync();
        if at == 1 {
            tablet.sync();
        }
    }
    phone.sync();
    forget(&phone.db, rows[2]);
    let titles = ["0", "1", "3"].into_iter().chain(["large"; 6].into_iter().filter(|_| is_large));
    case((world, phone), (laptop, tablet), (rows[1], "1"), titles)
}

fn small(world: World) -> Case {
    let mut laptop = world.found();
    let mut tablet = world.join(&mut laptop);
    let mut rows = vec![];
    let mut write = |laptop: &Device, count| {
        for _ in 0..count {
            rows.push(laptop.write(&noise(100, rows.len() as u64)));
        }
    };
    // So little that each transaction is a segment of its own.
    let tiny = Settings { most_changes: 1_500, ..settings("Laptop") };
    world.reopen_with(&mut laptop, tiny);
    write(&laptop, 40);
    laptop.sync();
    tablet.sync();
    write(&laptop, 23);
    assert_eq!(laptop.sync().sent, 23);
    world.reopen(&mut laptop);
    write(&laptop, 1);
    let titles = laptop.titles();
    let second = Engine::open(
        &laptop.db,
        Arc::clone(&laptop.keys),
        URL,
        world.net.connect(),
        settings("Laptop"),
    );
    let author = Device {
        db: laptop.db.clone(),
        engine: second.unwrap().unwrap(),
        keys: Arc::clone(&laptop.keys),
    };
    let row = (rows[50], noise(100, 50).leak() as &str);
    case((world, laptop), (author, tablet), row, titles)
}

fn removed(world: World) -> Case {
    let mut laptop = world.found();
    let [mut tablet, mut thief] = [world.join(&mut laptop), world.join(&mut laptop)];
    let mut rows = vec![];
    for title in ["0", "1", "2", "3"] {
        rows.push(thief.write(title));
        thief.sync();
        if title == "1" {
            tablet.sync();
        }
    }
    laptop.sync();
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    case((world, laptop), (thief, tablet), (rows[1], "1"), ["0", "1", "2", "3"])
}

fn forked(world: World) -> Case {
    let mut laptop = world.found();
    let row = laptop.write("both");
    laptop.sync();
    let mut phone = world.join(&mut laptop);
    phone.sync();
    let copied = world.copy(&laptop.db);
    let tablet = world.join_with(&mut laptop, copied, world.keys(), settings("Tablet"));
    for title in ["laptop 1", "laptop 2"] {
        laptop.write(title);
        laptop.sync();
    }
    tablet.write("tablet");
    let titles = ["both", "laptop 1", "laptop 2", "tablet"];
    case((world, tablet), (laptop, phone), (row, "both"), titles)
}
