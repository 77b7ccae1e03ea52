//! `#[table(default = ..)]`.

use ara::{Id, NonEmptyString, Table};

use crate::creates;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    #[table(default = "untitled")]
    pub title: NonEmptyString<100>,
    #[table(default = Self::RANK + 1)]
    pub rank: i64,
    #[table(default = true)]
    pub open: Option<bool>,
    #[table(default = Some(3))]
    pub stars: Option<u8>,
    #[table(default = { let words = ["a", "b"]; words.join(" ") })]
    pub note: Option<String>,
    pub owner: String,
}

impl Todo {
    const RANK: i64 = 6;
}

#[test]
fn defaults_fill_the_draft_and_can_be_overwritten() {
    creates(Todo::draft().owner("me"));
    creates(Todo::draft().owner("me").title("Buy milk").open(None));
    let filled = format!("{:?}", Todo::draft());
    for value in ["untitled", "Integer(7)", "Integer(1)", "Integer(3)", "a b"] {
        assert!(filled.contains(value), "{value} is not in {filled}");
    }
}
