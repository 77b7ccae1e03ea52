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

#[derive(View)]
#[view(Todo)]
pub struct Line {
    pub title: NonEmptyString<1000>,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().join(Todo::category_id).update(|todo| todo.stars(5))?;
    db.query::<Todo>().left_join(Todo::category_id).delete()?;
    db.query::<Todo>().group_by(Todo::title).select(count()).delete()?;
    db.query::<Todo>().select(Todo::title).delete()?;
    db.query::<Todo>().view::<Line>().update(|todo| todo.stars(5))?;
    db.query::<Todo>().update(|todo| todo.name("five"))?;
    db.query::<Todo>().update(|_| Category::patch(Id::from_key("home")))?;
    Ok(())
}
