use ara::count;
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

fn starred() -> Filter<(Todo,)> {
    Todo::stars.gt(3)
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().filter(count().gt(1)).group_by(Todo::stars).select(Todo::stars).all()?;
    db.query::<Todo>().join(Todo::category_id).filter(starred()).all()?;
    Ok(())
}
