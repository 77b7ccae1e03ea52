//! The rows: what the bench of ara makes, as syncular declares it.

use ara_measure::Random;
use serde_json::{Map, Value, json};
use syncular_client::Mutation;

/// The table, and who sees its rows.
pub const TABLE: &str = "tasks";
pub const OWNER: &str = "somebody";

/// Of what texts are made.
const WORDS: &str = "\
    water the plants in garden before noon and ask Maria for her ladder call dentist about \
    Tuesday buy milk bread coffee two lemons return books to library pay rent with new \
    account repair bicycle tyre send letter from insurance book train tickets Vienna clean \
    windows of kitchen plan birthday dinner eight people write report until Friday read \
    chapter seven again find keys old shed";

pub fn schema() -> Value {
    let column = |name: &str, kind: &str, is_nullable: bool| json!({ "name": name, "type": kind, "nullable": is_nullable });
    let columns = [
        column("id", "string", false),
        column("owner", "string", false),
        column("title", "string", false),
        column("note", "string", false),
        column("done", "boolean", true),
        column("stars", "integer", false),
        column("score", "float", true),
    ];
    let scopes = json!([{ "pattern": "owner:{owner}" }]);
    let table = json!({ "name": TABLE, "primaryKey": "id", "columns": columns, "scopes": scopes });
    json!({ "version": 1, "tables": [table] })
}

fn text(random: &mut Random, words: usize) -> String {
    let all: Vec<_> = WORDS.split(' ').collect();
    let some: Vec<_> = (0..words).map(|_| all[random.below(all.len())]).collect();
    some.join(" ")
}

/// Returns a row, whose id is 16 random bytes as text.
pub fn task(random: &mut Random) -> Mutation {
    let id: String = (0..16).map(|_| format!("{:02x}", random.below(256))).collect();
    let values = [
        ("id", json!(id)),
        ("owner", json!(OWNER)),
        ("title", json!(text(random, 3))),
        ("note", json!(text(random, 6))),
        ("done", json!(random.below(3) == 0)),
        ("stars", json!(random.below(100))),
        ("score", json!(random.below(4000) as f64 / 4.0)),
    ];
    let values: Map<_, _> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Mutation::Upsert { table: TABLE.to_owned(), values, base_version: None }
}
