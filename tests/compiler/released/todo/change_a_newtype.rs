use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: Title,
    pub stars: Option<i64>,
    pub state: State,
    pub category_id: Option<Id<Category>>,
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

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Title(Vec<u8>);

impl From<Vec<u8>> for Title {
    fn from(title: Vec<u8>) -> Self {
        Self(title)
    }
}

ara::schema! { pub App: Todo }

fn main() {}
