use ara::prelude::*;

#[derive(Table)]
struct Expense {
    id: Id<Expense>,
    #[table(replaces(note, read = length, write = repeat))]
    text: String,
    #[table(replaces(price, read = cents, write = euros))]
    amount: i64,
    #[table(replaces(memo, read_with = with_a_length))]
    body: String,
    #[table(retired)]
    note: Option<String>,
    #[table(retired)]
    price: Option<f64>,
    #[table(retired)]
    memo: Option<String>,
}

/// Gives another type than the column's.
fn length(note: String) -> usize {
    note.len()
}

fn repeat(text: &String) -> String {
    text.clone()
}

/// Takes another type than the old column's.
fn cents(price: String) -> i64 {
    price.len() as i64
}

fn euros(amount: &i64) -> f64 {
    *amount as f64
}

/// Takes another type than the column's own.
fn with_a_length(memo: String, body: Option<&usize>) -> String {
    memo.repeat(body.copied().unwrap_or(1))
}

fn main() {}
