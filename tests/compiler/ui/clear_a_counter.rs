use ara::prelude::*;

#[derive(Table)]
struct Article {
    id: Id<Article>,
    views: Counter,
    likes: Option<Counter>,
}

fn main() {
    let _ = Article::patch(Id::from_key("counting")).views(None);
    let _ = Article::patch(Id::from_key("counting")).likes(None);
}
