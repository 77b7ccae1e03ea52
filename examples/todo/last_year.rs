//! The app as it was a year ago: `todo --last-year`. A todo was a title then, and whether it is done.
//!
//! This is here to show two versions of an app that sync. Last year's app knows nothing of priorities and due dates,
//! but it loses none: it writes the columns that it knows, and ara keeps the others.

use std::path::Path;

use ara::Result;
use ara::prelude::*;

use crate::line::TITLE_MAX;
use crate::{Failure, usage};

pub const USAGE: &str = "Last year's commands:
  todo --last-year add TEXT..
  todo --last-year list
  todo --last-year done N
  todo --last-year edit N TEXT..
  todo --last-year rm N
  todo --last-year sync, pair, devices, words, recover   as today
";

#[derive(Debug, Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<TITLE_MAX>,
    pub done: Option<bool>,
}

pub fn run(path: &Path, args: &[&str]) -> Result<String, Failure> {
    if !path.exists() && !matches!(args, ["add", ..]) {
        return Err(usage(format!("there is no list in {} yet", path.display())));
    }
    let db = Database::open(path)?;
    match *args {
        ["add", ref text @ ..] => {
            db.create(Todo::draft().title(title(text)?))?;
        }
        ["list"] => {}
        ["done", number] => {
            let todo = find(&db, number)?;
            db.update(Todo::patch(todo).done(true))?;
        }
        ["edit", number, ref text @ ..] => {
            let todo = find(&db, number)?;
            db.update(Todo::patch(todo).title(title(text)?))?;
        }
        ["rm", number] => {
            let todo = find(&db, number)?;
            db.delete(todo)?;
        }
        _ => return Err(usage(USAGE.to_owned())),
    }
    let lines =
        todos(&db).all()?.into_iter().zip(1..).map(|(todo, n)| format!("{n}. {}\n", line(&todo)));
    Ok(lines.collect())
}

/// The todos with what this version needs of them, in the order in which they were made.
pub fn todos(db: &Database) -> Query<'_, (Todo,), (Todo,)> {
    let todos = db.query::<Todo>().narrow_all();
    todos.order_by(Todo::created_at.asc()).order_by(Todo::id.asc())
}

/// A todo as the screen shows it.
pub fn line(todo: &Todo) -> String {
    let done = if todo.done == Some(true) { "x " } else { "" };
    format!("{done}{}", todo.title)
}

/// The todo that is at this place of the list.
fn find(db: &Database, number: &str) -> Result<Id<Todo>, Failure> {
    let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let mut todos = todos(db).all()?.into_iter();
    let found = place.and_then(|place| todos.nth(place));
    found.map(|todo| todo.id).ok_or_else(|| usage(format!("there is no todo {number}")))
}

fn title(words: &[&str]) -> Result<NonEmptyString<TITLE_MAX>, Failure> {
    words.join(" ").try_into().map_err(|reason| usage(format!("the title {reason}")))
}
