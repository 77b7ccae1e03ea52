//! What is generated makes no warning of its own, in crates that deny them all: here a part of it is
//! used, as in an app.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    unused_results,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    clippy::all,
    clippy::pedantic
)]

use ara::{Id, Table, Value};

/// A documented table, of which nothing is used but the draft.
#[derive(Debug, Table)]
pub struct Task {
    /// Its id.
    pub id: Id<Task>,
    /// What to do.
    pub title: String,
    /// Whether it is done.
    pub is_done: Option<bool>,
    /// How long it takes.
    #[deprecated = "use `is_done`"]
    pub hours: Option<f64>,
}

/// A newtype of what has an order.
#[derive(Debug, Clone, Copy, Value)]
pub struct Hours(i64);

impl From<i64> for Hours {
    fn from(hours: i64) -> Self {
        Self(hours)
    }
}

/// An enum.
#[derive(Debug, Clone, Copy, Value)]
pub enum Mood {
    /// At ease.
    Calm,
    /// Not at ease.
    Stormy,
}

/// A newtype of what has none.
#[derive(Debug, Clone, Copy, Value)]
pub struct Temper(Mood);

impl From<Mood> for Temper {
    fn from(mood: Mood) -> Self {
        Self(mood)
    }
}

/// A column that replaces another one, by a function and by a key.
#[derive(Debug, Table)]
pub struct Expense {
    /// Its id.
    pub id: Id<Expense>,
    /// What it is for.
    #[table(index, replaces(note, read = shout, write = |text| text.to_lowercase()))]
    pub text: String,
    #[table(retired)]
    note: Option<String>,
    /// Where it belongs.
    #[table(replaces(kind, by_key))]
    pub kind_id: Option<Id<Kind>>,
    #[table(retired)]
    kind: Option<String>,
    /// Among how many it is shared.
    #[table(missing = 1)]
    pub shares: i64,
}

fn shout(note: String) -> Option<String> {
    Some(note).filter(|note| !note.is_empty())
}

/// A table whose ids are made from a key.
#[derive(Debug, Table)]
#[table(key = name)]
pub struct Kind {
    /// Its id.
    pub id: Id<Kind>,
    /// Its name.
    pub name: String,
}

/// Names in one column that became two, and in two that became one.
mod split {
    use super::{Id, Table};

    #[derive(Table)]
    pub(crate) struct Person {
        pub(crate) id: Id<Person>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub(crate) first_name: String,
        #[table(replaces(name, read_with = last))]
        last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
        #[table(replaces((street, city), read = address, write = parts))]
        pub(crate) address: String,
        #[table(retired)]
        street: Option<String>,
        #[table(retired)]
        city: Option<String>,
    }

    fn first(name: String) -> String {
        name.split_once(' ').map(|(first, _)| first.to_owned()).unwrap_or(name)
    }

    fn last(name: String, known: Option<&String>) -> Option<String> {
        known.cloned().or(Some(name)).filter(|name| name.contains(' '))
    }

    fn join(first: &str, last: Option<&String>) -> String {
        last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
    }

    fn address(street: Option<String>, city: Option<String>) -> String {
        street.into_iter().chain(city).collect()
    }

    fn parts(address: &str) -> (String, Option<String>) {
        (address.to_owned(), None)
    }
}

/// Nothing here is documented, and nothing has to be.
mod private {
    use super::{Id, Table};

    #[derive(Table)]
    #[table(index(title, to_do), columns)]
    pub(crate) struct Task {
        pub(crate) id: Id<Task>,
        pub(crate) title: String,
        to_do: Option<bool>,
        into_it: Option<bool>,
        from_it: Option<i64>,
        as_it: i64,
        #[deprecated]
        old: Option<String>,
    }

    #[derive(Table)]
    struct Unused {
        id: Id<Unused>,
        title: String,
    }
}

/// A column of a private type.
mod hidden {
    use super::{Id, Table};

    type Secret = bool;

    /// A table.
    #[derive(Debug, Table)]
    pub(crate) struct Safe {
        /// Its id.
        pub id: Id<Safe>,
        secret: Option<Secret>,
        pub(crate) of_crate: Secret,
        pub(super) of_super: Secret,
    }
}

#[test]
fn no_warnings() {
    let draft = Task::draft().title("Buy milk");
    assert!(format!("{draft:?}").contains("Buy milk"));
    let _draft = private::Task::draft().title("Buy milk");
    let _draft = hidden::Safe::draft().of_crate(true);
    let _draft = Expense::draft().text("Tea").shares(2);
    let _draft = Kind::draft().name("Home");
    let _draft = split::Person::draft().first_name("Ada").address("London");
}
