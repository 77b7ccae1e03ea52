use ara::prelude::*;

#[derive(Value)]
struct Named {
    text: String,
}

#[derive(Value)]
struct Two(String, String);

#[derive(Value)]
struct Unit;

#[derive(Value)]
union Union {
    a: u8,
}

#[derive(Value)]
struct Generic<T>(T);

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: Option<Named>,
}

fn main() {
    let _ = Todo::draft().title(Named { text: String::new() });
}
