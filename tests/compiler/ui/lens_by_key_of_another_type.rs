use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(note, by_key))]
    text: Option<String>,
    #[table(retired)]
    note: Option<String>,
}

#[derive(Table)]
struct Payment {
    id: Id<Payment>,
    #[table(replaces(shop, by_key))]
    shop_id: Option<Id<Shop>>,
    #[table(retired)]
    shop: Option<String>,
}

#[derive(Table)]
struct Shop {
    id: Id<Shop>,
    name: String,
}

#[derive(Table)]
struct Visit {
    id: Id<Visit>,
    #[table(replaces(city, by_key))]
    city_id: Option<Id<City>>,
    #[table(retired)]
    city: Option<i64>,
}

#[derive(Table)]
#[table(key = name)]
struct City {
    id: Id<City>,
    name: String,
}

#[derive(Table)]
struct Draft {
    id: Id<Draft>,
    #[table(replaces(window, by_key))]
    window_id: Option<Id<Window>>,
    #[table(retired)]
    window: Option<String>,
}

#[derive(Table)]
#[table(local, key = name)]
struct Window {
    id: Id<Window>,
    name: String,
}

fn main() {}
