use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    #[table(missing = "one")]
    pub shares: i64,
}

#[derive(Table)]
pub struct Counted {
    pub id: Id<Counted>,
    #[table(missing = 1)]
    pub shares: Counter,
}

fn main() {}
