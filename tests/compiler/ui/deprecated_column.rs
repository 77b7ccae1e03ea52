#![deny(deprecated)]

use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    #[deprecated = "use `title`"]
    label: Option<String>,
}

fn main() {
    let _ = Todo::label;
    let _ = Todo::draft().label("Buy milk");
    let _ = Todo::patch(Id::from_key("milk")).label(None);
}
