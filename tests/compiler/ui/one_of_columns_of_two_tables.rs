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
#[one_of(Todo)]
pub enum Body {
    Content(String),
    #[one_of(Category::name)]
    Name(NonEmptyString<100>),
}

fn main() {}
