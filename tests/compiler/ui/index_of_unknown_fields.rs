use ara::prelude::*;

#[derive(Table)]
#[table(index(titel, done), index(done, done), index(due), index())]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
}

fn main() {}
