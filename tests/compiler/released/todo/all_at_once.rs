use ara::prelude::*;

#[derive(Table)]
#[table(local)]
pub struct Todo {
    pub id: Id<Todo>,
    pub stars: Option<String>,
    pub state: State,
    pub category_id: Option<Id<Todo>>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Closed,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

ara::schema! { pub App: Todo }

fn main() {}
