use ara::prelude::*;

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
    pub name: NonEmptyString<100>,
}

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub content: Option<String>,
}

#[derive(OneOf)]
pub enum NoTable {
    Content(String),
}

#[derive(OneOf)]
#[one_of(Todo, Category)]
pub enum TwoTables {
    Content(String),
    Name(NonEmptyString<100>),
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Twice {
    Content(String),
    #[one_of(content)]
    Body(String),
    #[one_of(Todo::content)]
    Text(String),
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum NamedTwice {
    #[one_of(content)]
    #[one_of(title)]
    Body(String),
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Fields {
    Content,
    Title(NonEmptyString<1000>, String),
    Both { content: String },
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Optional {
    Content(Option<String>),
}

#[derive(OneOf)]
#[one_of(Todo)]
pub struct Struct {
    pub content: String,
}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum None {}

#[derive(OneOf)]
#[one_of(Todo)]
pub enum Generic<T> {
    Content(T),
}

fn main() {}
