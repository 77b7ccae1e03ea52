use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    #[table(default = "yes")]
    done: bool,
    #[table(default = 5_i64)]
    stars: Option<u8>,
}

fn main() {}
