//! Three versions of an app, and what its users do.

use ara::prelude::*;
use ara_core::{AppSchema, Database, Error, Schema, TableRef};

use crate::engine::tests::dice::Dice;

/// How many rows each table can have, so that devices often write the same one.
const KEYS: usize = 4;

/// The newest version of the app.
pub(super) const NEWEST: u32 = 3;

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub(crate) struct Item {
        pub(crate) id: Id<Item>,
        pub(crate) title: Option<String>,
        pub(crate) body: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub(crate) struct Item {
        pub(crate) id: Id<Item>,
        pub(crate) title: Option<String>,
        pub(crate) body: Option<String>,
        pub(crate) stars: Option<Counter>,
    }
}

mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub(crate) struct Item {
        pub(crate) id: Id<Item>,
        pub(crate) title: Option<String>,
        pub(crate) body: Option<String>,
        pub(crate) stars: Option<Counter>,
        pub(crate) rank: Option<i64>,
    }

    #[derive(Debug, Table)]
    pub(crate) struct Tag {
        pub(crate) id: Id<Tag>,
        pub(crate) name: Option<String>,
    }
}

struct First;
struct Second;
struct Third;

const fn app(version: u32) -> AppSchema {
    AppSchema { name: "App", version, app_version: "" }
}

impl Schema for First {
    const APP: Option<&'static AppSchema> = Some(&app(1));
    const TABLES: &'static [TableRef] = &[TableRef::of::<v1::Item>()];
}

impl Schema for Second {
    const APP: Option<&'static AppSchema> = Some(&app(2));
    const TABLES: &'static [TableRef] = &[TableRef::of::<v2::Item>()];
}

impl Schema for Third {
    const APP: Option<&'static AppSchema> = Some(&app(3));
    const TABLES: &'static [TableRef] = &[TableRef::of::<v3::Item>(), TableRef::of::<v3::Tag>()];
}

/// Opens a file as a version of the app does.
pub(super) fn ensure(db: &Database, version: u32) {
    match version {
        1 => db.ensure::<First>(),
        2 => db.ensure::<Second>(),
        _ => db.ensure::<Third>(),
    }
    .unwrap();
}

/// What a transaction did that is to be found again.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The keys of items whose counter grew, and by how much.
    pub(super) added: Vec<(usize, i64)>,
    /// The keys of items that were forgotten.
    pub(super) forgotten: Vec<usize>,
}

/// Writes a transaction as a version of the app does. A large one has so much that its segment has several parts.
pub(super) fn write(db: &Database, version: u32, can_forget: bool, dice: &mut Dice) -> Written {
    let mut written = Written::default();
    let count = 1 + dice.below(3);
    db.transaction(|tx| {
        for _ in 0..count {
            write_one(tx, version, can_forget, dice, &mut written)?;
        }
        Ok(())
    })
    .unwrap();
    written
}

fn write_one(
    tx: &Transaction<'_>,
    version: u32,
    can_forget: bool,
    dice: &mut Dice,
    written: &mut Written,
) -> ara_core::Result<()> {
    let key = dice.below(KEYS);
    let text = format!("{}", dice.below(1000));
    let first = Id::<v1::Item>::from_key(key.to_string());
    let done = match dice.below(if can_forget { 12 } else { 11 }) {
        0..3 => tx.upsert(v1::Item::draft().id(first).title(text)).map(|_| ()),
        3..5 => tx.update(v1::Item::patch(first).body(text)).map(|_| ()),
        5 => tx.delete(first).map(|_| ()),
        6 => tx.restore(first).map(|_| ()),
        7..9 if version > 1 => {
            let amount = 1 + dice.below(9) as i64;
            let id = Id::<v2::Item>::from_key(key.to_string());
            let is_there = tx.update(v2::Item::patch(id).stars(Counter::add(amount)))?;
            written.added.extend(is_there.then_some((key, amount)));
            Ok(())
        }
        9 if version > 2 => {
            let id = Id::<v3::Tag>::from_key(key.to_string());
            tx.upsert(v3::Tag::draft().id(id).name(text)).map(|_| ())
        }
        10 if version > 2 => {
            let id = Id::<v3::Item>::from_key(key.to_string());
            tx.update(v3::Item::patch(id).rank(dice.below(100) as i64)).map(|_| ())
        }
        11 => {
            written.forgotten.push(key);
            tx.delete(first)?;
            tx.forget(first).map(|_| ())
        }
        _ => tx.create(v1::Item::draft().title(text)).map(|_| ()),
    };
    match done {
        Err(Error::Forgotten { .. }) => Ok(()),
        done => done,
    }
}

/// Writes a transaction of so much that its segment has several parts.
pub(super) fn write_much(db: &Database, dice: &mut Dice) {
    let letters = |dice: &mut Dice| -> String {
        (0..700_000).map(|_| char::from(b'0' + (dice.next() % 64) as u8)).collect()
    };
    let texts = [letters(dice), letters(dice)];
    db.transaction(|tx| {
        for text in texts {
            tx.create(v1::Item::draft().title("much").body(text))?;
        }
        Ok(())
    })
    .unwrap();
}

/// Returns all rows of a file, as text, in an order of their own.
pub(super) fn export(db: &Database) -> Vec<String> {
    let mut lines = Vec::new();
    db.export_json::<v3::Item>(&mut lines).unwrap();
    db.export_json::<v3::Tag>(&mut lines).unwrap();
    // The order of columns is that in which a file came to have them.
    let sorted = |line: &str| {
        let fields = line.strip_prefix('{').and_then(|line| line.strip_suffix('}'));
        let mut fields: Vec<_> = fields.unwrap_or(line).split(',').collect();
        fields.sort_unstable();
        fields.join(",")
    };
    let text = String::from_utf8(lines).unwrap();
    let mut lines: Vec<_> = text.lines().map(sorted).collect();
    lines.sort_unstable();
    lines
}

/// Returns what the counter of an item says, or `None` if there is no item.
pub(super) fn stars(db: &Database, key: usize) -> Option<i64> {
    let id = Id::<v3::Item>::from_key(key.to_string());
    let items = db.query::<v3::Item>().with_deleted().all().unwrap();
    let item = items.into_iter().find(|item| item.id == id)?;
    Some(item.stars.map_or(0, i64::from))
}
