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
    pub stars: Option<i64>,
    pub category_id: Option<Id<Category>>,
}

#[derive(View)]
pub struct NoTable {
    pub title: NonEmptyString<1000>,
}

#[derive(View)]
#[view(Todo)]
pub struct Unnamed(NonEmptyString<1000>);

#[derive(View)]
#[view(Todo)]
pub struct Generic<T> {
    pub title: T,
}

#[derive(View)]
#[view(Todo)]
pub struct Twice {
    #[view(Todo::title)]
    #[view(Todo::stars)]
    pub title: NonEmptyString<1000>,
}

fn main() {}
