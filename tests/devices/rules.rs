//! The rules that never bend, as far as merging goes: each with what would catch its breach.
//!
//! Of the seventh, that nothing leaves a device before it is durable, only the commit is held that syncs the
//! disk: the rest takes a power failure to test.

mod rule01_the_log_is_the_truth;
mod rule02_nothing_is_lost;
mod rule03_the_last_writer_wins;
mod rule04_a_transaction_is_one_thing;
mod rule05_a_bad_neighbour_stops_nobody;
mod rule06_a_vector_is_checked;
mod rule07_nothing_leaves_before_it_is_durable;
mod rule08_adding_a_column_is_nothing;
mod rule09_what_is_there_changes_nothing;
mod rule10_reports_hold_no_values;

use ara::prelude::*;
use ara::{Changes, VersionVector};

use support::{File, Outcome, at, send};

/// The first version of an app.
mod old {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: String,
    }

    ara::schema! { pub App: Todo }
}

/// The second one.
mod new {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub code: Option<String>,
        pub title: String,
        pub stars: Option<i64>,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Category {
        pub id: Id<Category>,
        pub name: String,
    }

    ara::schema! { pub App: Todo, Category }
}

use new::{Todo, TodoRow};

const NOW: i64 = 1_700_000_000_000;

/// All that a database has, or that it has beyond another.
fn everything(db: &Database) -> ara::Result<Vec<Changes>> {
    db.changes_since(&VersionVector::default())?.collect()
}

fn todos(db: &Database) -> ara::Result<Vec<TodoRow>> {
    db.query::<Todo>().with_deleted().order_by(Todo::id).all()
}

/// Changes one byte of the last change in the log that holds this text, behind ara's back.
fn damage(file: &File, text: &str) -> Outcome {
    let mut is_found = false;
    file.forge(|pieces| {
        let changes = pieces.iter_mut().rev().flat_map(|piece| piece.changes.iter_mut().rev());
        for change in changes {
            let mut cells = change.cells.windows(text.len());
            if let Some(at) = cells.position(|cells| cells == text.as_bytes()) {
                change.cells[at] ^= 1;
                is_found = true;
                break;
            }
        }
    })?;
    if is_found { Ok(()) } else { Err(format!("no change holds {text}").into()) }
}
