use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: i64,
    title: String,
}

#[derive(Table)]
struct Category {
    id: Id<Todo>,
    title: String,
}

type Key = String;

#[derive(Table)]
struct Comment {
    id: Key,
    title: String,
}

fn main() {}
