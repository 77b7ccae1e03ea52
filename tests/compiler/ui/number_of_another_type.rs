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
    let _ = Todo::draft().rank(5_i32);
    let _ = Todo::draft().stars(5_i64);
    let _ = Todo::patch(Id::from_key("milk")).rank(0.5);
}
