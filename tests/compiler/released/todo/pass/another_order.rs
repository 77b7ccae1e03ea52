use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub state: State,
    pub stars: Option<i64>,
    pub category_id: Option<Id<Category>>,
    pub id: Id<Todo>,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Done,
    Open,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

ara::schema! { pub App: Todo }
