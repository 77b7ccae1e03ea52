//! Neither what is generated nor what holds it against the lock makes a warning, where the traits that
//! it names are imported and where a macro declares the struct.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    dead_code,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unused_results
)]
#![allow(unused_imports)]

use ara::prelude::*;
use ara::*;

/// The tables.
mod tables {
    use ara::prelude::*;

    macro_rules! table {
        ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $ty:ty),* $(,)? }) => {
            $(#[$meta])*
            #[derive(Debug, Table)]
            $vis struct $name {
                /// Its id.
                $vis id: Id<$name>,
                $(
                    /// A field.
                    $vis $field: $ty,
                )*
            }
        };
    }

    table! {
        /// What to do.
        pub(crate) struct Todo {
            title: String,
            stars: Option<i64>,
            state: super::State,
            category_id: Option<Id<Category>>,
        }
    }

    table! {
        /// Where it belongs.
        pub(crate) struct Category {}
    }
}

/// How it is going.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub(crate) enum State {
    /// It is not done.
    Open,
    /// It is done.
    Done,
}

ara::schema! { pub(crate) App: tables::Todo, tables::Category }

/// Uses them.
pub fn main() {
    let _schema = App;
    let _states = [State::Open, State::Done];
    let _draft = tables::Todo::draft().title("Buy milk").state(State::Open);
}
