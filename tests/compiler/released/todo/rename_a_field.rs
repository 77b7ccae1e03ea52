use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub stars: Option<i64>,
    pub state: State,
    pub category_id: Option<Id<Category>>,
    pub heading: String,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Done,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

ara::schema! { pub App: Todo }

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    for todo in db.query::<Todo>().narrow(Todo::title).all()? {
        println!("{}", todo.title);
    }
    Ok(())
}
