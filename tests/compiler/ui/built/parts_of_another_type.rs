use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub stars: i64,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Todo>().filter(Todo::title.year().eq(2026)).all()?;
    db.query::<Todo>().filter(Todo::stars.hour().eq(8)).all()?;
    db.query::<Todo>().filter(Todo::stars.at_offset(ara::UtcOffset::UTC).day().eq(8)).all()?;
    db.query::<Todo>().filter(Todo::title.path("$").contains("milk")).all()?;
    Ok(())
}
