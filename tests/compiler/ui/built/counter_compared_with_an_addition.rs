use ara::prelude::*;

#[derive(Table)]
pub struct Article {
    pub id: Id<Article>,
    pub views: Counter,
}

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.query::<Article>().filter(Article::views.eq(Counter::add(3))).all()?;
    db.query::<Article>().filter(Article::views.is_in([Counter::add(3)])).all()?;
    db.query::<Article>().filter(Article::views.gt(3)).all()?;
    Ok(())
}
