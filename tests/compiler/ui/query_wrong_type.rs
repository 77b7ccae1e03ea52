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
    let _ = db.query::<Todo>().filter(Todo::stars.gt("x")).all();
    let _ = db.query::<Todo>().filter(Todo::stars.eq(5_u8)).all();
    let _ = db.query::<Todo>().filter(Todo::stars.eq(Todo::done)).all();
    let _ = db.query::<Todo>().filter(Todo::stars.is_in(["x"])).all();
    let _ = db.query::<Todo>().filter(Todo::stars.lower().eq("x")).all();
    let _ = db.query::<Todo>().filter(Todo::title.add(1).gt(2)).all();
}
