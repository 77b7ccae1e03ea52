use ara::prelude::*;

// Nothing names it, so nothing is asked of it.
#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub heading: bool,
}

pub fn main() {
    #[derive(Table)]
    #[table(name = "todo", local)]
    struct Prototype {
        id: Id<Prototype>,
    }
    assert_eq!(Prototype::NAME, Todo::NAME);
}
