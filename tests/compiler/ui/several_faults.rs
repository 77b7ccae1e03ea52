use ara::prelude::*;

#[derive(Table)]
#[table(nam = "todo", index(titel))]
struct Todo {
    title: Option<Option<String>>,
    #[table(unique, column = "title")]
    text: String,
    created_at: Timestamp,
}

fn main() {}
