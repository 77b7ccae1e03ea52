use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub done: Option<bool>,
}

ara::schema! { pub App: Todo }

fn main() {}
