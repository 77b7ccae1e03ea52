//! An app that splits expenses, in three releases, each on a device of its own: whoever edits last is seen by all.

use std::collections::BTreeMap;

use ara::prelude::*;
use support::random::Random;
use support::{Outcome, There, Wall, agree, cases, send};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        /// Who paid.
        pub name: String,
        pub category: String,
        pub note: Option<String>,
    }

    ara::schema! { pub App: Expense }
}

/// The name is split, and there are shares.
mod v2 {
    use ara::prelude::*;

    use super::{first, join, last};

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        pub category: String,
        pub note: Option<String>,
        pub shares: Option<i64>,
        #[table(retired)]
        name: Option<String>,
    }

    ara::schema! { pub App: Expense }
}

/// The category is a row of its own, and the note is rich text.
mod v3 {
    use ara::prelude::*;

    use super::{Text, first, join, last, plain, reworded};

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(index, replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(index, replaces(category, by_key))]
        pub category_id: Option<Id<Category>>,
        #[table(replaces(note, read_with = reworded, write = plain))]
        pub text: Option<Json<Text>>,
        pub shares: Option<i64>,
        #[table(retired)]
        name: Option<String>,
        #[table(retired)]
        category: Option<String>,
        #[table(retired)]
        note: Option<String>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Category {
        pub id: Id<Self>,
        pub name: NonEmptyString<100>,
        pub label: Option<String>,
    }

    ara::schema! { pub App: Expense, Category }
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Text {
    plain: String,
    is_bold: bool,
}

fn first(name: String) -> String {
    name.split(' ').next().unwrap_or_default().to_owned()
}

fn last(name: String) -> Option<String> {
    name.split_once(' ').map(|(_, last)| last.to_owned())
}

fn join(first: &str, last: Option<&String>) -> String {
    last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
}

fn plain(text: &Json<Text>) -> String {
    text.0.plain.clone()
}

/// An app that knows plain notes changes the words, and the text stays bold.
fn reworded(note: String, last: Option<&Json<Text>>) -> Json<Text> {
    Json(Text { plain: note, is_bold: last.is_some_and(|last| last.0.is_bold) })
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// What an expense is, whichever version looks at it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Expense {
    first: String,
    last: Option<String>,
    category: Option<String>,
    words: Option<String>,
    is_bold: bool,
    shares: Option<i64>,
}

type Expenses = BTreeMap<Id<v3::Expense>, Expense>;

struct Device {
    version: u8,
    db: Database,
}

impl Device {
    fn new(version: u8, wall: &Wall, folder: &tempfile::TempDir) -> Outcome<Self> {
        let db = wall.options().open(folder.path().join(format!("{version}.db")))?;
        match version {
            1 => db.ensure::<v1::App>()?,
            2 => db.ensure::<v2::App>()?,
            _ => db.ensure::<v3::App>()?,
        }
        Ok(Self { version, db })
    }

    fn create(&self, all: &mut Expenses) -> Outcome {
        let expense = Expense {
            first: "Ada".to_owned(),
            last: Some("Byron".to_owned()),
            category: Some("Food".to_owned()),
            ..Expense::default()
        };
        let made = match self.version {
            1 => id(self.db.create(v1::Expense::draft().name("Ada Byron").category("Food"))?),
            2 => {
                let draft = v2::Expense::draft().first_name("Ada").last_name("Byron");
                id(self.db.create(draft.category("Food"))?)
            }
            _ => {
                let food = self.db.upsert(v3::Category::draft().name("Food"))?;
                let draft = v3::Expense::draft().first_name("Ada").last_name("Byron");
                self.db.create(draft.category_id(food))?
            }
        };
        all.insert(made, expense);
        Ok(())
    }

    /// Edits a field of an expense that is there, and tells what it is then.
    fn edit(&self, expense: Id<v3::Expense>, is: &mut Expense, random: &mut Random) -> Outcome {
        let db = &self.db;
        let new = format!("n{}", random.next());
        match (self.version, random.below(4)) {
            (1, 0) => {
                db.update(v1::Expense::patch(id(expense)).name(format!("{new} King")))?;
                (is.first, is.last) = (new, Some("King".to_owned()));
            }
            (2, 0) => {
                db.update(v2::Expense::patch(id(expense)).first_name(new.clone()))?;
                is.first = new;
            }
            (_, 0) => {
                let shown = db.get(expense)?.and_then(|row| row.last_name);
                // To clear what is cleared is no edit.
                let last = (shown.is_none() || random.below(2) == 0).then_some(new);
                db.update(v3::Expense::patch(expense).last_name(last.clone()))?;
                is.last = last;
            }
            (1, 1) => {
                db.update(v1::Expense::patch(id(expense)).category(new.clone()))?;
                is.category = Some(new);
            }
            (2, 1) => {
                db.update(v2::Expense::patch(id(expense)).category(new.clone()))?;
                is.category = Some(new);
            }
            (_, 1) => db.transaction(|tx| {
                let category = tx.upsert(v3::Category::draft().name(new.clone()))?;
                tx.update(v3::Expense::patch(expense).category_id(category))?;
                is.category = Some(new);
                Ok(())
            })?,
            (1, 2) => {
                db.update(v1::Expense::patch(id(expense)).note(new.clone()))?;
                is.words = Some(new);
            }
            (2, 2) => {
                db.update(v2::Expense::patch(id(expense)).note(new.clone()))?;
                is.words = Some(new);
            }
            (_, 2) => {
                let text = Text { plain: new, is_bold: random.below(2) == 0 };
                db.update(v3::Expense::patch(expense).text(Json(text.clone())))?;
                (is.words, is.is_bold) = (Some(text.plain), text.is_bold);
            }
            (1, _) => {}
            (2, _) => {
                // Most apps save a whole struct.
                let find = db.query::<v2::Expense>().narrow_all().find(id(expense))?;
                let mut whole = find.there()?;
                whole.shares = Some((random.next() >> 1) as i64);
                is.shares = whole.shares;
                db.upsert(whole)?;
            }
            _ => {
                let find = db.query::<v3::Expense>().narrow_all().find(expense)?;
                let mut whole = find.there()?;
                whole.shares = Some((random.next() >> 1) as i64);
                is.shares = whole.shares;
                db.upsert(whole)?;
            }
        }
        Ok(())
    }

    fn reads(&self, all: &Expenses) -> Outcome {
        for (expense, is) in all {
            let name = join(&is.first, is.last.as_ref());
            match self.version {
                1 => {
                    let row = self.db.get::<v1::Expense>(id(*expense))?.there()?;
                    assert_eq!(row.name, Some(name));
                    assert_eq!((&row.category, &row.note), (&is.category, &is.words));
                }
                2 => {
                    let row = self.db.get::<v2::Expense>(id(*expense))?.there()?;
                    assert_eq!(
                        (row.first_name.as_ref(), &row.last_name),
                        (Some(&is.first), &is.last)
                    );
                    assert_eq!((&row.category, &row.note), (&is.category, &is.words));
                    assert_eq!(row.shares, is.shares);
                }
                _ => {
                    let joined = self.db.query::<v3::Expense>().join(v3::Expense::category_id);
                    let (row, category) = joined.find(*expense)?.there()?;
                    assert_eq!(
                        (row.first_name.as_ref(), &row.last_name),
                        (Some(&is.first), &is.last)
                    );
                    assert_eq!(category.name.map(|name| name.to_string()), is.category);
                    let text = row.text.map(|text| text.0);
                    let is_bold = is.is_bold;
                    let expected = is.words.clone().map(|plain| Text { plain, is_bold });
                    assert_eq!(text, expected);
                    assert_eq!(row.shares, is.shares);
                }
            }
        }
        Ok(())
    }
}

fn run(random: &mut Random) -> Outcome {
    let (folder, wall, mut all) = (tempfile::tempdir()?, Wall::new(), Expenses::new());
    let devices = [1, 2, 3].map(|version| Device::new(version, &wall, &folder));
    let devices: Vec<Device> = devices.into_iter().collect::<Result<_, _>>()?;
    let meet = || -> Outcome {
        for _ in 0..2 {
            for from in &devices {
                for to in devices.iter().filter(|to| to.version != from.version) {
                    send(&from.db, &to.db)?;
                }
            }
        }
        Ok(())
    };
    for device in &devices {
        device.create(&mut all)?;
    }
    meet()?;
    for _ in 0..20 {
        wall.advance(1000);
        let (device, other) = (&devices[random.below(3)], &devices[random.below(3)]);
        if random.below(3) == 0 && device.version != other.version {
            send(&device.db, &other.db)?;
        } else if let Some((expense, is)) = all.iter_mut().nth(random.below(3)) {
            device.edit(*expense, is, random)?;
        }
    }
    meet()?;
    for device in &devices {
        device.reads(&all)?;
        agree(&devices[0].db, &device.db)?;
    }
    Ok(())
}

#[test]
fn each_release_sees_the_last_edits_of_all() -> Outcome {
    let mut random = Random::new();
    (0..cases::scaled(12)).try_for_each(|_| run(&mut random))
}
