use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub stars: Option<i64>,
    pub done: Option<bool>,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub name: NonEmptyString<100>,
}

fn main() {}

fn f(db: &ara::Database) {
    let _ = db.query::<Todo>().narrow(Category::name).all();
}
