use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<1000>,
    stars: Option<i64>,
}

fn main() {}

fn f(db: &Database, id: Id<Todo>, form: Option<&str>) -> ara::Result<()> {
    let row = db.get(id)?.unwrap();
    db.create(Todo::draft().title(row.title))?;
    db.query::<Todo>().filter(Todo::stars.gt(row.stars)).count()?;
    db.query::<Todo>().filter(Todo::title.eq(form)).count()?;
    Ok(())
}
