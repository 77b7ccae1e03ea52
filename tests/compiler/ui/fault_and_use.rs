use ara::prelude::*;

#[derive(Table)]
#[table(loacl)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub done: Option<bool>,
    pub category_id: Option<Id<Category>>,
}

#[derive(Table)]
pub struct Category {
    pub name: NonEmptyString<100>,
}

ara::schema! { pub App: Todo, Category }

fn create<C: Create>(_: C) {}

fn column<C: Column>(_: C) {}

fn of_row(row: TodoRow) -> Option<Id<Category>> {
    let _: TodoPatch = row.patch().done(None);
    row.category_id
}

fn main() {
    let draft: TodoDraft = Todo::draft();
    create(draft.title("Buy milk").done(true));
    create(Category::draft().name("Home"));
    column(Todo::title);
    column(Category::name);
    let _ = of_row;
}
