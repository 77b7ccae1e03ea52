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

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().group_by("title").select(count()).all()?;
    db.query::<Todo>().group_by(Category::name.lower()).select(count()).all()?;
    db.query::<Todo>().group_by(Todo::title.lower()).select((Todo::title.lower(), count())).all()?;
    Ok(())
}
