use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().search("milk").all()?;
    Ok(())
}
