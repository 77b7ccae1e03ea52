//! The plain model: a map of rows, and a wall clock.

use std::collections::BTreeMap;

use ara::Uuid;

use crate::model::tables::{Did, id};
use crate::model::writes::{Set, Version, What, Write};
use support::Outcome;

/// A row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    pub deleted: bool,
    pub title: &'static str,
    pub stars: Option<i64>,
    pub done: Option<bool>,
    /// Compared to the bit: there are two zeros.
    pub score: Option<u64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub rows: BTreeMap<Uuid, Row>,
    /// How many changes the log has.
    pub changes: u64,
    /// The wall clock.
    pub wall: i64,
}

impl Model {
    /// Does a write, and checks that it did the same.
    pub fn check(&mut self, write: &Write, did: &Did) -> Outcome {
        let expected = self.write(write, did);
        if expected == *did {
            return Ok(());
        }
        Err(format!("{write:?} did {did:?} instead of {expected:?}").into())
    }

    fn write(&mut self, Write { version, what }: &Write, did: &Did) -> Did {
        match what {
            What::Create(_, set) | What::Upsert(_, set) | What::Update(_, set)
                if set.title == Some(" ") =>
            {
                Did::Rule
            }
            What::Create(key, set) => match (key, did) {
                (Some(key), _) => self.create(id(*key), set, *version),
                // A new id: only the database knows it.
                (None, Did::Id(new)) => self.create(*new, set, *version),
                (None, _) => Did::Exists,
            },
            What::Upsert(key, set) if !self.rows.contains_key(&id(*key)) => {
                self.create(id(*key), set, *version)
            }
            What::Upsert(key, set) => {
                self.edit(id(*key), |row| {
                    row.deleted = false;
                    row.set(set, *version);
                    // A draft has a title.
                    row.title = set.title.unwrap_or(TITLE);
                });
                Did::Id(id(*key))
            }
            What::Update(key, set) => match self.rows.get(&id(*key)) {
                Some(row) if !row.deleted => {
                    self.edit(id(*key), |row| row.set(set, *version));
                    Did::There(true)
                }
                _ => Did::There(false),
            },
            What::Delete(key) => {
                let there = self.rows.get(&id(*key)).is_some_and(|row| !row.deleted);
                self.edit(id(*key), |row| row.deleted = true);
                Did::There(there)
            }
            What::Restore(key) => {
                self.edit(id(*key), |row| row.deleted = false);
                Did::There(self.rows.contains_key(&id(*key)))
            }
        }
    }

    fn create(&mut self, id: Uuid, set: &Set, version: Version) -> Did {
        if self.rows.contains_key(&id) {
            return Did::Exists;
        }
        self.changes += 1;
        let mut row = Row { title: TITLE, ..Row::default() };
        row.set(set, version);
        (row.created_at, row.updated_at) = (self.wall, self.wall);
        self.rows.insert(id, row);
        Did::Id(id)
    }

    fn edit(&mut self, id: Uuid, edit: impl FnOnce(&mut Row)) {
        let Some(before) = self.rows.get(&id).cloned() else { return };
        let mut row = before.clone();
        edit(&mut row);
        if row != before {
            self.changes += 1;
            row.updated_at = row.created_at.max(self.wall);
            self.rows.insert(id, row);
        }
    }
}

/// The title of a draft to which none is set.
pub const TITLE: &str = "Untitled";

impl Row {
    fn set(&mut self, set: &Set, version: Version) {
        self.title = set.title.unwrap_or(self.title);
        self.stars = set.stars.unwrap_or(self.stars);
        if version == Version::Second {
            self.done = set.done.unwrap_or(self.done);
            self.score = set.score.map_or(self.score, |score| score.map(f64::to_bits));
        }
    }
}
