use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
}

fn main() {
    let _ = Id::<Todo>::from_key(7);
    let _ = Id::<Todo>::from_key(("a", 0.5));
}
