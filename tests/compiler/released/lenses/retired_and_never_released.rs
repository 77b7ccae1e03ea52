use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    #[table(replaces(note, read = length, write = repeat, revision = 2))]
    pub length: i64,
    #[table(retired)]
    note: Option<String>,
    pub memo: Option<String>,
    #[table(replaces(category, by_key))]
    pub category_id: Option<Id<Category>>,
    #[table(retired)]
    category: Option<String>,
}

#[derive(Table)]
#[table(key = name)]
pub struct Category {
    pub id: Id<Category>,
    pub name: NonEmptyString<100>,
    pub label: Option<String>,
    #[table(retired)]
    color: Option<i64>,
}

#[derive(Table)]
pub struct Person {
    pub id: Id<Person>,
    pub name: String,
}

fn length(note: String) -> i64 {
    note.len() as i64
}

fn repeat(length: &i64) -> String {
    length.to_string()
}

ara::schema! { pub App: Expense, Category, Person, Place }

/// Of a table that is new, nothing was released either.
#[derive(Table)]
pub struct Place {
    pub id: Id<Place>,
    #[table(retired)]
    street: Option<String>,
}

fn main() {}
