use ara::prelude::*;

#[derive(Table)]
#[table(derive(Clone, Eq))]
struct Todo {
    id: Id<Todo>,
    title: String,
}

fn main() {}
