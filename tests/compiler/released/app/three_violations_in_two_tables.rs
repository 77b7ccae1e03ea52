use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: i64,
    pub category_id: Option<Id<Category>>,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub label: String,
    pub colour: Option<String>,
}

#[derive(Table)]
#[table(local)]
pub struct Draft {
    pub id: Id<Draft>,
    pub text: Option<String>,
}

ara::schema! { pub App: Draft, Todo, Category }

fn main() {}
