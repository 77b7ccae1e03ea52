use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    pub split: Split,
    pub state: Option<State>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum Split {
    Equally,
    Payer(String),
    Percent,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Paid(Timestamp),
}

ara::schema! { pub App: Expense }

fn main() {}
