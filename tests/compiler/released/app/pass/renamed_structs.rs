use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub done: Option<bool>,
    pub category_id: Option<Id<Category>>,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub name: String,
    pub colour: Option<String>,
}

#[derive(Table)]
#[table(local, name = "draft")]
pub struct Sketch {
    pub id: Id<Sketch>,
    pub text: Option<String>,
}

ara::schema! { pub App: Sketch, Category, Todo }
