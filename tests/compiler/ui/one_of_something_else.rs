use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub content: Option<String>,
}

#[derive(View)]
#[view(Todo)]
pub struct Line {
    #[view(one_of)]
    pub content: String,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().one_of::<String>().all()?;
    Ok(())
}
