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
    pub content: Option<String>,
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Body {
    Content(String),
    Title(NonEmptyString<1000>),
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Category>().one_of::<Body>().all()?;
    Ok(())
}
