use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub stars: Option<i64>,
    pub state: Option<String>,
    pub category_id: Option<Id<Category>>,
}

// `State` was an enum.

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

ara::schema! { pub App: Todo }

fn main() {}
