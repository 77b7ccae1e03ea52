//! An app as a user writes it.
#![deny(warnings, missing_docs)]

use ara::prelude::*;

/// A task.
#[derive(Table)]
pub struct Todo {
    /// Its id.
    pub id: Id<Todo>,
    /// What to do.
    pub title: NonEmptyString<1000>,
    /// Whether it is done.
    pub done: Option<bool>,
    /// Its state.
    pub state: Option<State>,
    /// Where it belongs.
    pub category_id: Option<Id<Category>>,
}

/// Tasks that belong together.
#[ara::table(name = "kind")]
pub struct Category {
    /// Its id.
    pub id: Id<Category>,
    /// Its name.
    pub name: NonEmptyString<100>,
}

/// How a task is going.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub enum State {
    /// Not begun.
    Open,
    /// Begun.
    Started,
}

ara::schema! { pub App: Todo, Category }

fn create<C: Create>(_: C) {}

#[test]
fn it_creates_rows() {
    let home = Id::<Category>::from_key("home");
    create(Category::draft().name("Home").id(home));
    create(Todo::draft().title("Buy milk").state(State::Open).category_id(home));
}
