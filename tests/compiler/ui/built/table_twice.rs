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
    pub after: Option<Id<Todo>>,
    pub category_id: Option<Id<Category>>,
    pub second_category_id: Option<Id<Category>>,
}

ara::alias! { pub Next: Todo }

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().join(Todo::after).all()?;
    db.query::<Todo>().left_join_many(Todo::after).all()?;
    db.query::<Todo>().join(Todo::category_id).left_join(Todo::second_category_id).all()?;
    db.query::<Todo>().join_as(Next, Todo::after).join_many(Todo::after.of(Next)).all()?;
    Ok(())
}
