use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
}

#[derive(Table)]
#[table(name = "todo")]
struct Task {
    id: Id<Task>,
}

struct Other;

ara::schema! { pub SameName: Todo, Task }
ara::schema! { pub Twice: Todo, Todo }
ara::schema! { pub Empty: }
ara::schema! { pub NoTable: Todo, Other }
ara::schema! { pub App Todo }

fn main() {}
