use ara::prelude::*;

#[derive(Table)]
#[table(nmae = "todo", indices(title), locale, replaces(title, read = f))]
struct Todo {
    id: Id<Todo>,
    #[table(name = "text", idx)]
    title: String,
    #[table(defualt = true, watched)]
    done: bool,
}

fn main() {
    let _ = Todo::draft().title("Buy milk").done(true);
}
