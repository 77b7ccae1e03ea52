use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub stars: Option<i64>,
    pub state: State,
    pub category_id: Option<Id<Category>>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Done,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

pub struct Note;

ara::schema! { pub App: Todo, Note }

fn main() {}
