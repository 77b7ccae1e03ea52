use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<1000>,
    owner: String,
    rank: i64,
    done: Option<bool>,
    stars: Option<u8>,
}

fn create<C: Create>(_: C) {}

fn main() {
    create("Buy milk");
    create(Todo::patch(Id::from_key("milk")));
}
