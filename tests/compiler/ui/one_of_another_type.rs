use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub content: Option<String>,
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Body {
    Content(Vec<u8>),
    Title(String),
}

fn main() {}
