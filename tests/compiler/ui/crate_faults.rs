use ara::prelude::*;

#[derive(Table)]
#[table(crate = ara)]
struct Todo {
    id: Id<Todo>,
}

#[derive(Debug, Value)]
#[value(crate = "a b")]
struct Name(String);

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name)
    }
}

#[derive(View)]
#[view(Todo)]
#[view(crate = "ara", crate = "ara")]
struct Line {
    id: Id<Todo>,
}

ara::schema! {
    #[schema(crate)]
    pub App: Todo
}

fn main() {}
