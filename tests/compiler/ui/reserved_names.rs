use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    created_at: Option<Timestamp>,
    #[table(column = "updated")]
    updated_at: Option<Timestamp>,
    is_deleted: Option<bool>,
    ara_clock: Option<i64>,
    ara_rank: Option<i64>,
    sqlite_rank: Option<i64>,
    #[table(column = "id")]
    key: Option<String>,
    #[table(column = "ara_title")]
    title: Option<String>,
}

#[derive(Table)]
struct AraLog {
    id: Id<AraLog>,
}

#[derive(Table)]
#[table(name = "sqlite_log")]
struct Log {
    id: Id<Log>,
}

fn main() {}
