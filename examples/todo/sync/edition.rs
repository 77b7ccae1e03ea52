//! The versions of the app, as sync and the screen need them.

use ara::prelude::*;
use ara::{Result, Schema};

use crate::last_year;
use crate::line::Task;
use crate::store::{Number, Step, Todo};

ara::schema! { pub ThisYear: Todo, Number, Step }
ara::schema! { pub LastYear: last_year::Todo }

/// A version of the app: its schema, and how it shows the list.
pub trait Edition: Schema {
    /// What the other devices are told.
    const VERSION: &'static str;

    /// Gives the list as lines, now and whenever it has changed.
    fn watch(db: &Database) -> Result<Lines>;
}

/// The list as lines, each time that it has changed.
pub type Lines = Box<dyn Iterator<Item = Result<Vec<String>>> + Send>;

impl Edition for ThisYear {
    const VERSION: &'static str = "this year's";

    fn watch(db: &Database) -> Result<Lines> {
        let todos = db.query::<Todo>().narrow_all();
        let watch = todos.order_by(Todo::created_at.asc()).order_by(Todo::id.asc()).watch()?;
        let line = |todo| Task::from(todo).to_string();
        Ok(Box::new(watch.into_iter().map(move |todos| Ok(todos?.into_iter().map(line).collect()))))
    }
}

impl Edition for LastYear {
    const VERSION: &'static str = "last year's";

    fn watch(db: &Database) -> Result<Lines> {
        let watch = last_year::todos(db).watch()?;
        Ok(Box::new(
            watch.into_iter().map(|todos| Ok(todos?.iter().map(last_year::line).collect())),
        ))
    }
}
