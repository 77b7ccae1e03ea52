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


fn main() {
    let _ = Todo::patch(Id::from_key("milk")).title(None);
}
