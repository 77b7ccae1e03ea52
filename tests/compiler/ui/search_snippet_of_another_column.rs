use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    place: String,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().search("milk").select(ara::snippet(Todo::place, "[", "]", 8)).all()?;
    Ok(())
}
