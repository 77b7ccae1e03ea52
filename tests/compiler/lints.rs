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
}
