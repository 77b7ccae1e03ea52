use ara::prelude::*;

#[derive(Table)]
#[table(name = todo, local = true, index, columns(title), derive)]
struct Todo {
    #[table(column = "key")]
    id: Id<Todo>,
    #[table(column, index(title), default)]
    title: String,
    #[table(default = 1 +)]
    rank: i64,
}

#[derive(Table)]
#[table = "todo"]
struct Note {
    id: Id<Note>,
    #[table]
    title: String,
}

fn main() {}
