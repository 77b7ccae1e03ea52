use ara::{OptionalParam, Param};
use ara::prelude::*;

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub name: NonEmptyString<100>,
}

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub stars: Option<i64>,
    pub category_id: Option<Id<Category>>,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    let starred = db.prepare(|(stars,): (Param<i64>,)| db.query::<Todo>().filter(Todo::stars.ge(stars)));
    starred.all(("five",))?;
    starred.all(5)?;
    let titled = db.prepare(|(title,): (OptionalParam<NonEmptyString<1000>>,)| {
        db.query::<Todo>().filter(Todo::title.eq(title))
    });
    titled.all((Some("Buy milk"),))?;
    titled.all(("Buy milk",))?;
    Ok(())
}
