use ara::Param;
use ara::prelude::*;

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub name: NonEmptyString<100>,
}

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub stars: Option<i64>,
    pub category_id: Option<Id<Category>>,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.prepare(|title: Param<String>| db.query::<Todo>().filter(Todo::title.ne(title))).all(("a",))?;
    let starred = db.prepare(|(title, stars): (Param<String>, Param<i64>)| {
        db.query::<Todo>().filter(Todo::title.ne(title) & Todo::stars.ge(stars))
    });
    starred.all(("Buy milk",))?;
    starred.all(("Buy milk", "five"))?;
    Ok(())
}
