use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub after: Option<Id<Todo>>,
}

ara::alias! { pub Before: Todo, pub Next: Todo }

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let pour = db.create(Todo::draft().title("Pour it").after(milk))?;
    db.create(Todo::draft().title("Drink it").after(pour))?;
    let between = db.query::<Todo>().join_as(Before, Todo::after).join_many(Todo::after.of(Next));
    assert_eq!(between.select(Todo::id).all()?, [pour]);
    Ok(())
}
