use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(notes, read = read, write = write))]
    text: String,
    #[table(replaces(Category::name, read = read))]
    category: String,
    #[table(replaces(itself, read = read))]
    itself: String,
    #[table(replaces((note, note), read = join, write = split))]
    twice: String,
    #[table(replaces(read = read))]
    nothing: String,
    #[table(replaces)]
    empty: String,
    #[table(replaces(by_key))]
    of_nothing: Option<Id<Category>>,
    #[table(replaces((), read = read))]
    of_none: String,
    #[table(replaces(memo, reed = read))]
    misspelled: String,
    #[table(replaces(label, read = read, revision = 0))]
    zeroth: String,
    #[table(retired)]
    memo: Option<String>,
    #[table(retired)]
    label: Option<String>,
    #[table(retired)]
    note: Option<String>,
}

#[derive(Table)]
struct Category {
    id: Id<Category>,
    name: String,
}

fn main() {}
