//! `#[table(default = ..)]`.

use ara::{Database, Id, NonEmptyString, Table};

use crate::derive::creates;

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

#[test]
fn an_upsert_fills_no_default_into_a_row_that_is_there() -> ara::Result<()> {
    let db = Database::memory()?;
    let id = db.upsert(Todo::draft().owner("me").id(Id::from_key("milk")))?;
    assert_eq!(db.get(id)?.and_then(|row| row.rank), Some(7));
    db.update(Todo::patch(id).rank(1).stars(None))?;
    db.upsert(Todo::draft().owner("you").id(id))?;
    let row = db.get(id)?.expect("is there");
    assert_eq!((row.owner.as_deref(), row.rank, row.stars), (Some("you"), Some(1), None));
    Ok(())
}
