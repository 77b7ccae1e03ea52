use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Self>,
    #[table(replaces(note, read = length, write = repeat, revision = 2))]
    pub length: i64,
    #[table(retired)]
    note: Option<String>,
    #[table(replaces(category, by_key))]
    pub category_id: Option<Id<Category>>,
    #[table(retired)]
    category: Option<String>,
    pub memo: Option<String>,
}

#[derive(Table)]
#[table(key = name)]
pub struct Category {
    pub id: Id<Self>,
    pub name: NonEmptyString<100>,
    pub label: Option<String>,
}

#[derive(Table)]
pub struct Person {
    pub id: Id<Self>,
    pub name: String,
}

fn length(note: String) -> i64 {
    note.chars().count().try_into().unwrap_or(i64::MAX)
}

fn repeat(length: &i64) -> Option<String> {
    Some("-".repeat((*length).try_into().ok()?))
}

ara::schema! { pub App: Expense, Category, Person }
