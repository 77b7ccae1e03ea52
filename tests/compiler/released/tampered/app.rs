use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
}

ara::schema! { pub App: Todo }

fn main() -> ara::Result<()> {
    Database::memory()?.ensure::<App>()
}
