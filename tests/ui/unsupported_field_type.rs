use ara::prelude::*;

struct Color;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    color: Color,
    size: Option<u64>,
}

fn main() {
    let _ = Todo::draft().color(Color).size(5);
}
