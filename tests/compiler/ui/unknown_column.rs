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
    let _ = Todo::titel;
    let _ = Todo::draft().titel("Buy milk");
    let _ = Todo::patch(Id::from_key("milk")).titel("Buy milk");
}
