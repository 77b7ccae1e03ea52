use ara::prelude::*;

#[derive(Table)]
#[table(key = number)]
struct Invoice {
    id: Id<Invoice>,
    number: i64,
}

fn main() {}
