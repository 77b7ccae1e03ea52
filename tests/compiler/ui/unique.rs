use ara::prelude::*;

#[derive(Table)]
#[table(unique(title))]
struct Todo {
    id: Id<Todo>,
    #[table(unique)]
    title: String,
}

fn main() {}
