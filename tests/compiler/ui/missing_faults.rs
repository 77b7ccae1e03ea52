use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    #[table(missing = 1)]
    pub shares: Option<i64>,
    #[table(missing = "no text", replaces(note, read = str::to_owned))]
    pub text: String,
    #[table(retired)]
    note: Option<String>,
}

fn main() {}
