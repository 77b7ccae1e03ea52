use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(missing = 1)]
    shares: Option<i64>,
    #[table(missing = "none", replaces(note, read = read, write = write))]
    text: String,
    #[table(retired)]
    note: Option<String>,
    #[table(missing)]
    rank: i64,
}

fn main() {}
