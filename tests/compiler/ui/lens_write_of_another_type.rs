use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(note, read = clean, write = length))]
    text: String,
    #[table(replaces(price, read = cents, write = euros))]
    amount: i64,
    #[table(replaces((first, last), read = join, write = first_of))]
    name: String,
    #[table(retired)]
    note: Option<String>,
    #[table(retired)]
    price: Option<f64>,
    #[table(retired)]
    first: Option<String>,
    #[table(retired)]
    last: Option<String>,
}

fn clean(note: String) -> String {
    note
}

/// Gives another type than the old column's.
fn length(text: &String) -> usize {
    text.len()
}

fn cents(price: f64) -> i64 {
    price as i64
}

/// Takes another type than the column's.
fn euros(amount: &str) -> f64 {
    amount.len() as f64
}

fn join(first: Option<String>, last: Option<String>) -> String {
    first.into_iter().chain(last).collect()
}

/// Gives one of two values.
fn first_of(name: &String) -> String {
    name.clone()
}

fn main() {}
