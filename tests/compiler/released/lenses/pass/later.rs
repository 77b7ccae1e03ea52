//! A lens is corrected and reads one column more, another one comes, and what is retired comes back.

use ara::prelude::*;

#[derive(Table)]
pub struct Expense {
    pub id: Id<Self>,
    #[table(replaces((note, memo), read = lengths, write = repeat, revision = 3))]
    pub length: i64,
    #[table(retired)]
    note: Option<String>,
    #[table(retired)]
    memo: Option<String>,
    #[table(replaces(category, by_key))]
    pub category_id: Option<Id<Category>>,
    #[table(retired)]
    category: Option<String>,
}

#[derive(Table)]
#[table(key = title)]
pub struct Category {
    pub id: Id<Self>,
    #[table(column = "name")]
    pub title: NonEmptyString<100>,
    #[table(retired)]
    label: Option<String>,
}

#[derive(Table)]
pub struct Person {
    pub id: Id<Self>,
    #[table(replaces(name, read = first, write = join(first_name, last_name)))]
    pub first_name: String,
    #[table(replaces(name, read = last))]
    pub last_name: Option<String>,
    #[table(retired)]
    name: Option<String>,
}

fn lengths(note: Option<String>, memo: Option<String>) -> i64 {
    let characters = |text: Option<String>| text.map_or(0, |text| text.chars().count());
    (characters(note) + characters(memo)).try_into().unwrap_or(i64::MAX)
}

fn repeat(length: &i64) -> (Option<String>, Option<String>) {
    ((*length).try_into().ok().map(|length| "-".repeat(length)), None)
}

fn first(name: String) -> String {
    name.split_once(' ').map_or(name.clone(), |(first, _)| first.to_owned())
}

fn last(name: String) -> Option<String> {
    name.split_once(' ').map(|(_, last)| last.to_owned())
}

fn join(first: &str, last: Option<&String>) -> String {
    [first].into_iter().chain(last.map(String::as_str)).collect::<Vec<_>>().join(" ")
}

ara::schema! { pub App: Expense, Category, Person }
