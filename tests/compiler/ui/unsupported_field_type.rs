use ara::prelude::*;

struct Color;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    color: Option<Color>,
    size: Option<u64>,
}

fn main() {
    let db = Database::memory().unwrap();
    let milk = db.create(Todo::draft().title("Buy milk")).unwrap();
    let _ = db.get(milk).unwrap().unwrap().title;
}
