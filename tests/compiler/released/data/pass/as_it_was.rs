use ara::prelude::*;

#[derive(Debug, Table)]
pub struct Expense {
    pub id: Id<Expense>,
    pub split: Split,
    pub state: Option<State>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum Split {
    Equally,
    By(String),
    #[value(name = "in parts")]
    Percent {
        first: u8,
    },
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Paid,
}

ara::schema! { pub App: Expense }
