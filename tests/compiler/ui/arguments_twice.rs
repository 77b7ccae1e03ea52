use ara::prelude::*;

#[derive(Table)]
#[table(name = "todo", local, name = "task", index(title, done), index(title, done), index(rank))]
#[table(local)]
struct Todo {
    id: Id<Todo>,
    #[table(column = "a", column = "b")]
    title: String,
    #[table(default = true, default = false)]
    done: bool,
    #[table(index)]
    rank: i64,
}

fn main() {}
