use ara::prelude::*;

#[derive(Debug, Value)]
struct Name(String);

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name)
    }
}

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    name: Name,
}

fn main() {}

fn f(db: &Database) -> ara::Result<()> {
    db.query::<Todo>().aggregate(Todo::name.sum()).one()?;
    db.query::<Todo>().filter(Todo::name.mul(2).gt(1)).count()?;
    Ok(())
}
