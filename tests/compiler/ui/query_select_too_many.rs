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
    db.query::<Todo>()
        .select((
            Todo::id,
            Todo::title,
            Todo::stars,
            Todo::category_id,
            Todo::created_at,
            Todo::updated_at,
            Todo::title.lower(),
            Todo::title.upper(),
            Todo::stars.add(1),
            Todo::stars.add(2),
            Todo::stars.add(3),
            Todo::stars.add(4),
            Todo::stars.add(5),
            Todo::stars.add(6),
            Todo::stars.add(7),
            Todo::stars.add(8),
            Todo::stars.add(9),
        ))
        .all()?;
    db.query::<Todo>().select("title").all()?;
    Ok(())
}
