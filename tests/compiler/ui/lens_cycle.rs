use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(retired, replaces(b, read = read, write = write))]
    a: Option<String>,
    #[table(retired, replaces(c, read = read, write = write))]
    b: Option<String>,
    #[table(retired, replaces(a, read = read, write = write))]
    c: Option<String>,
}

fn main() {}
