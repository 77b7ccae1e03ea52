use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: Option<String>,
    #[table(search)]
    stars: Option<i64>,
}

fn main() {}
