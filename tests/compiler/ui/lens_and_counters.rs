use ara::prelude::*;

#[derive(Table)]
struct Article {
    id: Id<Article>,
    #[table(replaces(seen, read = Counter::from, write = number))]
    views: Counter,
    #[table(retired)]
    seen: Option<i64>,
    #[table(replaces(liked, read = number_of, write = counter))]
    likes: i64,
    #[table(retired)]
    liked: Option<Counter>,
}

fn number(counter: &Counter) -> i64 {
    counter.get()
}

fn number_of(counter: Counter) -> i64 {
    counter.get()
}

fn counter(number: &i64) -> Counter {
    Counter::from(*number)
}

fn main() {}
