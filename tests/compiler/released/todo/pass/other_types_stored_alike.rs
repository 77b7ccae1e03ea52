use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: Title,
    pub stars: Option<Stars>,
    pub state: State,
    pub category_id: Reference,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    Done,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

type Stars = u8;
type Reference = Id<Category>;

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Title(String);

impl From<String> for Title {
    fn from(title: String) -> Self {
        Self(title)
    }
}

ara::schema! { pub App: Todo }
