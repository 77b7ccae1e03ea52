//! Functions that are written where they are used.

use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Self>,
    #[table(replaces(
        note,
        read = |note| note.chars().count().try_into().unwrap_or(i64::MAX),
        write = |length: &i64| {
            let length = (*length).try_into().unwrap_or(0);
            "-".repeat(length)
        },
        revision = 2,
    ))]
    pub length: i64,
    #[table(retired)]
    note: Option<String>,
    #[table(replaces(category, by_key))]
    pub category_id: Option<Id<Category>>,
    #[table(retired)]
    category: Option<String>,
    #[table(replaces(memo, read_with = { |memo, last| last.copied().or(memo.parse().ok()) }))]
    pub number: Option<i64>,
    #[table(retired)]
    memo: Option<String>,
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
    #[table(replaces(name, read = String::from))]
    pub full_name: String,
    #[table(retired)]
    name: Option<String>,
}

ara::schema! { pub App: Expense, Category, Person }
