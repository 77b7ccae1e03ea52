use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    text: String,
    #[table(retired)]
    note: Option<String>,
}

fn main() {
    let _ = Expense::draft().text("tea").note("milk");
    let _ = Expense::patch(Id::from_key("tea")).note("milk");
    let _ = Expense::note;
}
