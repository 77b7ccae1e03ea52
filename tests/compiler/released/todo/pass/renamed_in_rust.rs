use ara::prelude::*;

#[derive(Table)]
#[table(name = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub stars: Option<i64>,
    pub state: State,
    pub category_id: Option<Id<Category>>,
    #[table(column = "title")]
    pub heading: String,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum State {
    Open,
    #[value(name = "Done")]
    Finished,
}

#[derive(Table)]
pub struct Category {
    pub id: Id<Category>,
}

ara::schema! { pub App: Task }
