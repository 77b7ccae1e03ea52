use ara::prelude::*;

#[ara::table]
enum Kind {
    Open,
}

#[ara::table]
fn todo() {}

#[ara::table(loacl)]
struct Todo {
    id: Id<Todo>,
    #[table(idnex)]
    title: String,
}

fn main() {}
