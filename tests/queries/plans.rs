//! The plans of typical queries, in which indexes serve.

use crate::items::{Db, Item, Note};
use ara_core::{Id, Timestamp, Uuid};
use ara_query::{Compare, Queries, Query, Scope, Sort, TextFunctions};
use rusqlite::params_from_iter;

fn db() -> Db {
    let db = Db::new();
    db.connection
        .execute_batch(
            r#"CREATE INDEX by_title ON "item" ("title");
               CREATE INDEX by_stars ON "item" ("stars", "created_at");
               CREATE INDEX by_created ON "item" ("created_at");
               CREATE INDEX by_score ON "item" ("score");
               CREATE INDEX by_owner ON "item" ("owner_id");
               CREATE INDEX by_done ON "item" ("done", "created_at");"#,
        )
        .expect("indexes");
    db
}

fn plan<S: Scope, R>(db: &Db, query: &Query<'_, S, R>) -> String {
    let sql = format!("{query:?}");
    let sql = sql.strip_prefix("Query(").and_then(|sql| sql.strip_suffix(')')).expect("the SQL");
    let mut explain =
        db.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
    let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
    let steps = explain.query_map(params_from_iter(nulls), |row| row.get::<_, String>(3));
    steps.expect("a plan").collect::<Result<Vec<_>, _>>().expect("its steps").join("; ")
}

macro_rules! plans {
    ($db:ident; $($query:expr => $plan:expr;)*) => {
        $(assert_eq!(plan(&$db, &$query), $plan, "{}", stringify!($query));)*
    };
}

#[test]
fn indexes_serve_comparisons() {
    let owner: Id<Note> = Id::from_uuid(Uuid::nil());
    let db = db();
    let items = db.query::<Item>();
    plans! {
        db;
        items.clone().filter(Item::title.eq("a")) => "SEARCH item USING INDEX by_title (title=?)";
        items.clone().filter(Item::title.gt("a")) => "SEARCH item USING INDEX by_title (title>?)";
        items.clone().filter(Item::title.between("a", "b")) => "SEARCH item USING INDEX by_title (title>? AND title<?)";
        items.clone().filter(Item::title.starts_with("a")) => "SEARCH item USING INDEX by_title (title>? AND title<?)";
        items.clone().filter(Item::title.is_in(["a", "b"])) => "SEARCH item USING INDEX by_title (title=?)";
        items.clone().filter(Item::title.is_in(["a"; 65])) => "SEARCH item USING INDEX by_title (title=?); LIST SUBQUERY 1; SCAN rarray VIRTUAL TABLE INDEX 1:";
        items.clone().filter(Item::owner_id.is_in([owner; 65])) => "SEARCH item USING INDEX by_owner (owner_id=?); LIST SUBQUERY 1; SCAN rarray VIRTUAL TABLE INDEX 1:";
        items.clone().filter(Item::stars.eq(3)) => "SEARCH item USING INDEX by_stars (stars=?)";
        items.clone().filter(Item::stars.ge(3)) => "SEARCH item USING INDEX by_stars (stars>? AND stars<?)";
        items.clone().filter(Item::score.lt(0.5)) => "SEARCH item USING INDEX by_score (score<?)";
        items.clone().filter(Item::score.is_in([0.5])) => "SEARCH item USING INDEX by_score (score=?)";
        items.clone().filter(Item::owner_id.eq(owner)) => "SEARCH item USING INDEX by_owner (owner_id=?)";
        items.clone().filter(Item::created_at.gt(Timestamp::from_millis(1))) => "SEARCH item USING INDEX by_created (created_at>?)";
        items.clone().filter(Item::title.eq("a") | Item::owner_id.eq(owner)) => "MULTI-INDEX OR; INDEX 1; SEARCH item USING INDEX by_title (title=?); INDEX 2; SEARCH item USING INDEX by_owner (owner_id=?)";
    }
}

#[test]
fn indexes_serve_orders() {
    let db = db();
    let items = db.query::<Item>();
    plans! {
        db;
        items.clone().narrow(Item::title).order_by(Item::title).limit(20) => "SEARCH item USING INDEX by_title (title>?)";
        items.clone().narrow(Item::title).order_by(Item::created_at.desc()).limit(20) => "SCAN item USING INDEX by_created";
        items.clone().narrow(Item::title).filter(Item::done.eq(true)).order_by(Item::created_at.desc()).limit(20) => "SEARCH item USING INDEX by_done (done=?)";
        items.clone().filter(Item::stars.eq(3)).order_by(Item::created_at).limit(20) => "SEARCH item USING INDEX by_stars (stars=?)";
        items.clone().narrow(Item::name).narrow(Item::score).filter(Item::rank.gt(3) & Item::kind.ne(None)).order_by(Item::created_at).limit(20) => "SCAN item USING INDEX by_created";
        items.clone().order_by(Item::id.desc()).limit(20) => "SCAN item USING INDEX sqlite_autoindex_item_1";
    }
}
