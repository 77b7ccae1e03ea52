use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    done: Option<Option<bool>>,
}

fn main() {
    let _ = Todo::draft().done(true);
}
