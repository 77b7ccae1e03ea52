use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(note, read = read, write = write))]
    text: String,
    note: Option<String>,
}

/// Of a chain, all but the newest are retired.
#[derive(Table)]
struct Person {
    id: Id<Person>,
    #[table(replaces(full_name, read = read, write = write))]
    display_name: String,
    #[table(replaces(name, read = read, write = write))]
    full_name: String,
    #[table(retired)]
    name: Option<String>,
}

fn main() {}
