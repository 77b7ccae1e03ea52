use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(note))]
    unread: String,
    #[table(replaces(memo, read = read, read_with = read_with))]
    read_twice: String,
    #[table(replaces((first, last), read = join))]
    name: String,
    #[table(replaces(category, by_key, read = read))]
    category_id: Option<Id<Category>>,
    #[table(replaces((city, street), by_key))]
    place_id: Option<Id<Category>>,
    #[table(replaces(label, read = read, write = write(name)))]
    written: String,
    #[table(retired)]
    note: Option<String>,
    #[table(retired)]
    memo: Option<String>,
    #[table(retired)]
    first: Option<String>,
    #[table(retired)]
    last: Option<String>,
    #[table(retired)]
    category: Option<String>,
    #[table(retired)]
    city: Option<String>,
    #[table(retired)]
    street: Option<String>,
    #[table(retired)]
    label: Option<String>,
}

#[derive(Table)]
#[table(key = name)]
struct Category {
    id: Id<Category>,
    name: String,
}

fn main() {}
