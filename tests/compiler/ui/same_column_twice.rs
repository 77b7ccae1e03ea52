use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    #[table(column = "title")]
    text: Option<String>,
}

fn main() {}
