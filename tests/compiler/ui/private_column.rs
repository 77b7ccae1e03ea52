use ara::prelude::*;

mod model {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        title: String,
    }
}

fn main() {
    let _ = model::Todo::title;
    let _ = model::Todo::draft().title("Buy milk");
}
