use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    #[table(replaces(note, read = length, write = repeat, revision = 2))]
    pub length: i64,
    #[table(retired)]
    note: Option<String>,
    pub memo: Option<String>,
    pub category: Option<String>,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub label: Option<String>,
}

#[derive(Table)]
pub struct Person {
    pub id: Id<Person>,
    pub born: i64,
}

fn length(note: String) -> i64 {
    note.len() as i64
}

fn repeat(length: &i64) -> String {
    length.to_string()
}

ara::schema! { pub App: Expense, Category, Person }

fn main() {}
