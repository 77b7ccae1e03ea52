//! The list in its database.

use std::collections::HashMap;
use std::path::Path;

use ara::Result;
use ara::prelude::*;
use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::line::{self, Priority, TITLE_MAX, Task};

/// Something to do.
#[derive(Debug, Table)]
pub struct Todo {
    pub id: Id<Todo>,
    /// What to do, `+projects` and `@contexts` included.
    pub title: NonEmptyString<TITLE_MAX>,
    /// What did not fit into the title: nothing of an imported line is lost.
    pub more: Option<String>,
    pub done: Option<bool>,
    pub priority: Option<Priority>,
    pub due: Option<Date>,
    pub created_on: Option<Date>,
    pub completed_on: Option<Date>,
}

/// The short number by which this device calls a todo. It is given once and stays. The table is
/// local: two devices may call a todo by different numbers, and need not agree.
#[derive(Debug, Table)]
#[table(local)]
pub struct Number {
    pub id: Id<Number>,
    #[table(index)]
    pub number: i64,
    pub todo_id: Id<Todo>,
}

/// What a command did, for `undo` to take back. What was typed on another device is not this
/// device's to undo, so the table is local.
#[derive(Debug, Table)]
#[table(local)]
pub struct Step {
    pub id: Id<Step>,
    pub action: Action,
    pub touched: Json<Vec<Touched>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Value)]
pub enum Action {
    Add,
    Done,
    Edit,
    Remove,
    Import,
}

/// A todo that a step touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    todo: Id<Todo>,
    /// Its line of todo.txt before the step, which says all there is to it.
    before: String,
}

/// A todo, as the rest of the program sees it.
#[derive(Debug, Clone)]
pub struct Item {
    id: Id<Todo>,
    pub number: i64,
    pub task: Task,
}

pub struct Store {
    db: Database,
}

impl Store {
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { db: Database::open(path)? })
    }

    /// The todos with all of these words in their title: open ones first, the urgent before the
    /// others, and of these what is due soonest.
    pub fn list(&self, words: &[&str], with_done: bool) -> Result<Vec<Item>> {
        let mut query = self
            .db
            .query::<Todo>()
            .narrow_all()
            .order_by(Todo::done.eq(true).asc())
            .order_by(Todo::priority.asc().nulls_last())
            .order_by(Todo::due.asc().nulls_last())
            .order_by(Todo::created_at.asc())
            .order_by(Todo::id.asc());
        if !with_done {
            query = query.filter(Todo::done.ne(true));
        }
        for word in words {
            // SQLite's `lower` is that of ASCII.
            query = query.filter(Todo::title.lower().contains(word.to_ascii_lowercase()));
        }
        self.items(query.all()?)
    }

    /// How many todos are open, and how many are done.
    pub fn count(&self) -> Result<(u64, u64)> {
        let open = self.db.query::<Todo>().filter(Todo::done.ne(true)).count()?;
        let done = self.db.query::<Todo>().filter(Todo::done.eq(true)).count()?;
        Ok((open, done))
    }

    /// Every todo, by number: what was imported comes out in the order in which it came in.
    pub fn all(&self) -> Result<Vec<Item>> {
        let mut items = self.items(self.db.query::<Todo>().narrow_all().all()?)?;
        items.sort_by_key(|item| item.number);
        Ok(items)
    }

    /// The todo of this number, unless it was removed.
    pub fn find(&self, number: i64) -> Result<Option<Item>> {
        let numbers = self.db.query::<Number>().narrow(Number::todo_id);
        let Some(found) = numbers.filter(Number::number.eq(number)).first()? else {
            return Ok(None);
        };
        let todo = self.db.query::<Todo>().narrow_all().find(found.todo_id)?;
        Ok(todo.map(|todo| item(todo, number)))
    }

    /// Adds todos, all or none.
    pub fn add(&self, action: Action, tasks: &[Task]) -> Result<Vec<Item>> {
        self.db.transaction(|tx| {
            let ids = tx.create_all(tasks.iter().map(draft))?;
            let touched = ids.iter().map(|&todo| Touched { todo, before: String::new() });
            tx.create(Step::draft().action(action).touched(touched.collect::<Vec<_>>()))?;
            let numbers = give_numbers(tx, &ids)?;
            let items = ids.into_iter().zip(numbers).zip(tasks);
            Ok(items.map(|((id, number), task)| Item { id, number, task: task.clone() }).collect())
        })
    }

    /// Writes what is now in these items.
    pub fn change(&self, action: Action, before: &[Item], after: &[Item]) -> Result<()> {
        self.db.transaction(|tx| {
            for item in after {
                tx.update(patch(item.id, &item.task))?;
            }
            tx.create(Step::draft().action(action).touched(touched(before)))?;
            Ok(())
        })
    }

    /// Removes todos. ara keeps what is deleted, so that it can be restored.
    pub fn remove(&self, items: &[Item]) -> Result<()> {
        self.db.transaction(|tx| {
            for item in items {
                tx.delete(item.id)?;
            }
            tx.create(Step::draft().action(Action::Remove).touched(touched(items)))?;
            Ok(())
        })
    }

    /// Takes the last step back, and tells which that was and how many todos it had touched; `None`
    /// if there is none.
    pub fn undo(&self) -> Result<Option<(Action, usize)>> {
        self.db.transaction(|tx| {
            let steps = tx.query::<Step>().narrow_all();
            let newest = steps.order_by(Step::created_at.desc()).order_by(Step::id.desc());
            let Some(step) = newest.first()? else { return Ok(None) };
            for Touched { todo, before } in step.touched.iter() {
                match step.action {
                    Action::Add | Action::Import => tx.delete(*todo)?,
                    Action::Remove => tx.restore(*todo)?,
                    Action::Done | Action::Edit => {
                        tx.update(patch(*todo, &line::parse(before).0))?
                    }
                };
            }
            tx.delete(step.id)?;
            Ok(Some((step.action, step.touched.len())))
        })
    }

    fn items(&self, todos: Vec<Todo>) -> Result<Vec<Item>> {
        let known = self.db.query::<Number>().narrow_all().all()?;
        let mut numbers: HashMap<_, _> =
            known.into_iter().map(|known| (known.todo_id, known.number)).collect();
        // A todo that did not come by way of this program has no number yet.
        let new: Vec<_> =
            todos.iter().map(|todo| todo.id).filter(|id| !numbers.contains_key(id)).collect();
        if !new.is_empty() {
            let given = self.db.transaction(|tx| give_numbers(tx, &new))?;
            numbers.extend(new.into_iter().zip(given));
        }
        Ok(todos
            .into_iter()
            .map(|todo| (numbers[&todo.id], todo))
            .map(|(n, t)| item(t, n))
            .collect())
    }
}

/// Gives todos the next numbers. A number is never used again, not even that of a removed todo: it
/// may be on a note on somebody's desk.
fn give_numbers(tx: &Transaction, todos: &[Id<Todo>]) -> Result<Vec<i64>> {
    let last =
        tx.query::<Number>().narrow(Number::number).order_by(Number::number.desc()).first()?;
    let first = last.map_or(0, |last| last.number) + 1;
    let numbers: Vec<i64> = (first..).take(todos.len()).collect();
    tx.create_all(
        numbers
            .iter()
            .zip(todos)
            .map(|(&number, &todo)| Number::draft().number(number).todo_id(todo)),
    )?;
    Ok(numbers)
}

fn item(todo: Todo, number: i64) -> Item {
    Item { id: todo.id, number, task: todo.into() }
}

impl From<Todo> for Task {
    fn from(todo: Todo) -> Self {
        Self {
            done: todo.done == Some(true),
            priority: todo.priority,
            completed_on: todo.completed_on,
            created_on: todo.created_on,
            due: todo.due,
            title: todo.title.into_string() + todo.more.as_deref().unwrap_or_default(),
        }
    }
}

fn touched(items: &[Item]) -> Vec<Touched> {
    items.iter().map(|item| Touched { todo: item.id, before: item.task.to_string() }).collect()
}

fn draft(task: &Task) -> impl Create<Table = Todo> + use<> {
    let (title, more) = split(&task.title);
    Todo::draft()
        .title(title)
        .more(more)
        .done(task.done.then_some(true))
        .priority(task.priority.clone())
        .due(task.due.clone())
        .created_on(task.created_on.clone())
        .completed_on(task.completed_on.clone())
}

/// The change that makes a todo say what the task says. ara logs only what differs from what is
/// there already.
fn patch(id: Id<Todo>, task: &Task) -> TodoPatch {
    let (title, more) = split(&task.title);
    Todo::patch(id)
        .title(title)
        .more(more)
        .done(task.done.then_some(true))
        .priority(task.priority.clone())
        .due(task.due.clone())
        .created_on(task.created_on.clone())
        .completed_on(task.completed_on.clone())
}

fn split(title: &str) -> (&str, Option<String>) {
    match title.char_indices().nth(TITLE_MAX) {
        Some((at, _)) => (&title[..at], Some(title[at..].to_owned())),
        None => (title, None),
    }
}
