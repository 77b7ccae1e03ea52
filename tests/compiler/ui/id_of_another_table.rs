use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<1000>,
    owner: String,
    rank: i64,
    done: Option<bool>,
    stars: Option<u8>,
}


#[derive(Table)]
struct Category {
    id: Id<Category>,
    parent: Option<Id<Category>>,
}

fn main() {
    let todo = Id::<Todo>::from_key("milk");
    let _ = Category::draft().parent(todo);
    let _ = Category::patch(todo);
}
