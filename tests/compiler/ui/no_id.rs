use ara::prelude::*;

#[derive(Table)]
struct Todo {
    title: String,
}

fn main() {
    let _ = Todo::draft().title("Buy milk");
}
