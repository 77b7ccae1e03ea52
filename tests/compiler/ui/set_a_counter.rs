use ara::prelude::*;

#[derive(Table)]
struct Article {
    id: Id<Article>,
    views: Counter,
    likes: Option<Counter>,
}

fn again(row: ArticleRow) {
    let _ = Article::patch(row.id).likes(row.likes);
}

fn main() {
    let _ = Article::patch(Id::from_key("counting")).views(5);
    let _ = Article::patch(Id::from_key("counting")).likes(Counter::from(5));
}
