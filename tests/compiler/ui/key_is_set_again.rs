use ara::prelude::*;

#[derive(Table)]
#[table(key = name)]
struct Category {
    id: Id<Category>,
    name: NonEmptyString<100>,
    label: Option<String>,
}

fn main() {
    let home = Id::<Category>::from_key("Home");
    let _ = Category::patch(home).label("At home").name("House");
    let _ = Category::draft().name("Home").id(home);
}
