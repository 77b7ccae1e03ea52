use ara::prelude::*;

#[derive(Table)]
#[table(index(paid, note), key = label)]
struct Expense {
    id: Id<Expense>,
    paid: Option<bool>,
    #[table(retired)]
    title: String,
    #[table(retired, index, search, default = "none")]
    note: Option<String>,
    #[table(retired)]
    label: Option<String>,
}

fn main() {}
