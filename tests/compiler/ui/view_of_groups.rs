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
    #[view(Todo::stars.sum())]
    pub stars: Option<i64>,
}

#[derive(View)]
#[view(Todo, grouped)]
pub struct Group {
    pub title: NonEmptyString<1000>,
    #[view(Todo::stars.sum())]
    pub stars: Option<f64>,
    #[view(Todo::stars.add(1))]
    pub more: Option<i64>,
}

#[derive(View)]
#[view(Todo, grouped)]
pub struct Title {
    pub title: NonEmptyString<1000>,
    #[view(count())]
    pub todos: i64,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().view::<Title>().all()?;
    db.query::<Category>().group_by(Category::name).view::<Title>().all()?;
    Ok(())
}
