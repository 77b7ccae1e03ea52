use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    pub split: Split,
    pub state: Option<State>,
}

// What a variant holds is not in the lock.
#[derive(Debug, Clone, PartialEq, Value)]
pub enum Split {
    Later,
    Equally,
    By(String),
    #[value(name = "in parts")]
    Parts {
        first: u8,
        second: Option<u8>,
    },
    Among(Vec<String>),
}

// An enum may get variants with data.
#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Paid,
    PaidOn(Timestamp),
}

ara::schema! { pub App: Expense }
