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
#[view(Todo, Category)]
pub struct TodoItem {
    pub title: NonEmptyString<1000>,
    #[view(Category::name)]
    pub category: Option<NonEmptyString<100>>,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().view::<TodoItem>().all()?;
    Ok(())
}
