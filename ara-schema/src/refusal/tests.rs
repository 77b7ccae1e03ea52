//! The messages that the compiler shows to users, word for word.

use super::*;
use crate::snapshot::Snapshot;

/// Returns the tables of a schema that is written as JSON.
fn tables(json: &str) -> &'static [TableDef] {
    serde_json::from_str::<Snapshot>(json).expect("a schema").leak()
}

fn todo(columns: &str) -> &'static TableDef {
    &tables(&format!(r#"[{{"name":"todo","columns":[{columns}]}}]"#))[0]
}

fn composed(compose: impl Fn(&mut Text<'_>)) -> String {
    let mut bytes = [0; 4000];
    let mut text = Text::new(&mut bytes);
    compose(&mut text);
    text.as_str().to_owned()
}

fn refusal(released: &'static TableDef, now: &'static TableDef) -> String {
    composed(|text| write_refusal(text, released, now))
}

fn lacking(released: &'static [TableDef], now: &'static [TableDef]) -> String {
    let now: Vec<&'static TableDef> = now.iter().collect();
    assert!(lacks_a_table(released, &now));
    composed(|text| write_lacking_tables(text, "App", released, &now))
}

const WHY: &str =
    "\n\nwhat was released stays, for devices that run an older version: `ara.lock` lists it";

#[track_caller]
fn says(released: &'static TableDef, now: &'static TableDef, place: Place, expected: &[&str]) {
    assert_eq!(refusal(released, now), format!("{}{WHY}", expected.join("\n")));
    assert_eq!(place_of_refusal(released, now), Some(place));
}

const TITLE: &str = r#"{"name":"title","type":"text"}"#;
const DONE: &str = r#"{"name":"done","type":"bool"}"#;

#[test]
fn a_column_that_is_gone() {
    let released = todo(&format!("{TITLE},{DONE}"));
    says(
        released,
        todo(DONE),
        Place::Struct,
        &[
            "column `todo.title` was released as text, and is gone",
            "  keep it, unused:       #[deprecated] pub title: Option<String>,",
        ],
    );
    // The new column has another type, so it is not suggested.
    let now = todo(&format!(r#"{DONE},{{"name":"name","type":"json","required":true}}"#));
    assert_eq!(refusal(released, now), refusal(released, todo(DONE)));
}

#[test]
fn a_column_that_is_probably_renamed() {
    let now = format!(r#"{DONE},{{"name":"name","type":"text","required":true}}"#);
    says(
        todo(&format!("{TITLE},{DONE}")),
        todo(&now),
        Place::Field(1),
        &[
            "column `todo.title` was released as text, and is gone. Was it renamed to `name`?",
            r#"  then, on that field:   #[table(column = "title")]"#,
            "  else keep it, unused:  #[deprecated] pub title: Option<String>,",
        ],
    );
    let now = format!(r#"{now},{{"name":"label","type":"text"}},{{"name":"note","type":"text"}}"#);
    says(
        todo(&format!("{TITLE},{DONE}")),
        todo(&now),
        Place::Struct,
        &[
            "column `todo.title` was released as text, and is gone. \
             Was it renamed to `name` or `label` or `note`?",
            r#"  then, on that field:   #[table(column = "title")]"#,
            "  else keep it, unused:  #[deprecated] pub title: Option<String>,",
        ],
    );
}

#[test]
fn of_many_new_columns_some_are_told() {
    let new: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"]
        .iter()
        .map(|name| format!(r#"{{"name":"{name}","type":"text"}}"#))
        .collect();
    says(
        todo(TITLE),
        todo(&new.join(",")),
        Place::Struct,
        &[
            "column `todo.title` was released as text, and is gone. \
             Was it renamed to `a` or `b` or `c` or `d` or `e` or another?",
            r#"  then, on that field:   #[table(column = "title")]"#,
            "  else keep it, unused:  #[deprecated] pub title: Option<String>,",
        ],
    );
}

#[test]
fn nobody_reads_thousands_of_violations() {
    let names = |prefix: &str| {
        let name = |at| format!(r#"{{"name":"{prefix}{at}","type":"text"}}"#);
        (0..500).map(name).collect::<Vec<_>>().join(",")
    };
    let (released, now) = (todo(&names("old")), todo(&names("new")));
    let mut bytes = [0; 1000];
    let mut text = Text::new(&mut bytes);
    write_refusal(&mut text, released, now);
    assert!(text.length() < 2000, "{}", text.length());
    assert!(text.as_str().starts_with("column `todo.old0` was released as text, and is gone."));

    let mut counted = Text::new(&mut []);
    write_refusal(&mut counted, released, now);
    assert!(counted.length() > 100_000, "{}", counted.length());
}

/// A column of the table `todo`, required, of this type and range.
fn of_range(name: &str, ty: &str, range: &str) -> &'static TableDef {
    todo(&format!(r#"{{"name":"{name}","type":"{ty}","range":"{range}","required":true}}"#))
}

#[test]
fn a_column_that_has_become_narrower() {
    for (ty, released, now, words) in [
        (
            "integer",
            "..",
            "0..=255",
            [
                "integers from -9223372036854775808 to 9223372036854775807",
                "integers from 0 to 255",
                "i64",
                "u8",
            ],
        ),
        (
            "integer",
            "0..=255",
            "-128..=127",
            ["integers from 0 to 255", "integers from -128 to 127", "u8", "i8"],
        ),
        (
            "text",
            "1..=1000",
            "1..=10",
            [
                "text of 1 to 1000 characters",
                "text of 1 to 10 characters",
                "ara::NonEmptyString<1000>",
                "ara::NonEmptyString<10>",
            ],
        ),
        (
            "text",
            "..",
            "1..=10",
            [
                "text of any length",
                "text of 1 to 10 characters",
                "String",
                "ara::NonEmptyString<10>",
            ],
        ),
        ("real", "..", "..=32", ["numbers of 64 bits", "numbers of 32 bits", "f64", "f32"]),
    ] {
        let [before, after, wide, narrow] = words;
        says(
            of_range("size", ty, released),
            of_range("size", ty, now),
            Place::Field(0),
            &[
                &format!(
                    "column `todo.size` was released as {before} and may only get wider: it is {after} now"
                ),
                &format!("  keep it:               pub size: {wide},"),
                &format!("  and add beside it:     pub size_new: Option<{narrow}>,"),
            ],
        );
    }
}

/// What two branches have released may be a range that no type has; then the code is of the narrowest that
/// holds it.
#[test]
fn the_narrowest_type_that_is_wide_enough_is_told() {
    for (range, rust) in [
        ("0..=9", "u8"),
        ("-1..=127", "i8"),
        ("0..=256", "u16"),
        ("-128..=255", "i16"),
        ("0..=65536", "u32"),
        ("-1..=65535", "i32"),
        ("-1..=4294967295", "i64"),
        ("0..", "i64"),
        ("..", "i64"),
    ] {
        let text = refusal(of_range("size", "integer", range), of_range("size", "bool", ".."));
        assert!(text.contains(&format!("  keep it:               pub size: {rust},\n")), "{text}");
    }
    for (range, rust) in [
        ("1..=1", "ara::NonEmptyString<1>"),
        ("1..", "String"),
        ("0..=10", "String"),
        ("..=10", "String"),
    ] {
        let text = refusal(of_range("size", "text", range), of_range("size", "bool", ".."));
        assert!(text.contains(&format!("  keep it:               pub size: {rust},\n")), "{text}");
    }
}

#[test]
fn all_that_has_become_narrower_is_told_in_the_order_of_what_was_released() {
    let columns = |range: &str| {
        let column =
            |name: &str| format!(r#"{{"name":"{name}","type":"integer","range":"{range}"}}"#);
        ["a", "b", "c"].map(column).join(",")
    };
    let text = refusal(todo(&columns("..")), todo(&columns("0..=9")));
    let places =
        ["a", "b", "c"].map(|name| text.find(&format!("column `todo.{name}` was released as")));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{text}");
}

#[test]
fn what_is_gone_is_kept_as_wide_as_it_was() {
    says(
        of_range("size", "integer", "0..=255"),
        todo(""),
        Place::Struct,
        &[
            "column `todo.size` was released as integer, and is gone",
            "  keep it, unused:       #[deprecated] pub size: Option<u8>,",
        ],
    );
}

#[test]
fn an_enum_is_renamed_only_with_all_its_variants() {
    let released = todo(r#"{"name":"state","type":{"enum":["Open","Done"]}}"#);
    let more = todo(r#"{"name":"status","type":{"enum":["Done","Later","Open"]}}"#);
    assert!(refusal(released, more).contains("Was it renamed to `status`?"));
    let other = todo(r#"{"name":"status","type":{"enum":["Done"]}}"#);
    says(
        released,
        other,
        Place::Struct,
        &[
            "column `todo.state` was released as enum, and is gone",
            "  keep it, unused:       #[deprecated] pub state: Option<State>,",
            "  its enum, if gone:     #[derive(Debug, Clone, PartialEq, ara::Value)] \
             pub enum State { Open, Done, }",
        ],
    );
}

#[test]
fn a_type_that_has_changed() {
    says(
        todo(&format!("{TITLE},{DONE}")),
        todo(&format!(r#"{TITLE},{{"name":"done","type":"integer"}}"#)),
        Place::Field(1),
        &[
            "column `todo.done` was released as bool, and is integer now",
            "  keep it:               pub done: Option<bool>,",
            "  and add beside it:     pub done_integer: Option<i64>,",
        ],
    );
    says(
        todo(r#"{"name":"by","type":{"id":"person"}}"#),
        todo(r#"{"name":"by","type":{"id":"app_user"},"required":true}"#),
        Place::Field(0),
        &[
            "column `todo.by` was released as id of `person`, and is id of `app_user` now",
            "  keep it:               pub by: ara::Id<Person>,",
            r#"  on that struct:        #[table(name = "person")]"#,
            "  and add beside it:     pub by_app_user: Option<ara::Id<AppUser>>,",
        ],
    );
}

#[test]
fn a_variant_that_is_gone() {
    let state = |variants: &str| {
        todo(&format!(r#"{TITLE},{{"name":"state","type":{{"enum":[{variants}]}}}}"#))
    };
    let released = state(r#""Open","Done""#);
    says(
        released,
        state(r#""Open""#),
        Place::Field(1),
        &[
            "variant `Done` of column `todo.state` was released, and is gone",
            "  keep it, unused:       #[deprecated] Done,",
        ],
    );
    says(
        released,
        state(r#""Finished","Open","Ended""#),
        Place::Field(1),
        &[
            "variant `Done` of column `todo.state` was released, and is gone. \
             Was it renamed to `Finished` or `Ended`?",
            r#"  then, on that variant: #[value(name = "Done")]"#,
            "  else keep it, unused:  #[deprecated] Done,",
        ],
    );
}

#[test]
fn local_that_has_changed() {
    let synced = &tables(r#"[{"name":"draft","columns":[]}]"#)[0];
    let local = &tables(r#"[{"name":"draft","local":true,"columns":[]}]"#)[0];
    says(
        local,
        synced,
        Place::Struct,
        &[
            "table `draft` was released as a local table, and is one that syncs now",
            "  keep it local:         #[table(local)]",
            "  or sync another one:   #[table(name = \"draft_synced\")] on a struct beside it",
        ],
    );
    says(
        synced,
        local,
        Place::Struct,
        &[
            "table `draft` was released as a table that syncs, and is local now",
            "  keep it synced:        #[table(..)] without `local`",
            "  or add a local one:    #[table(local, name = \"draft_local\")] on a struct beside it",
        ],
    );
}

#[test]
fn a_table_that_is_gone() {
    let released = tables(
        r#"[{"name":"draft_note","local":true,"columns":[{"name":"by","type":{"id":"person"}},
            {"name":"type","type":"text"},{"name":"self","type":"uuid"}]},
            {"name":"todo","columns":[]}]"#,
    );
    let code = "#[derive(ara::Table)] #[table(local)] pub struct DraftNote { \
        pub id: ara::Id<DraftNote>, pub by: Option<ara::Id<Person>>, pub r#type: Option<String>, \
        #[table(column = \"self\")] pub self_: Option<ara::Uuid>, }";
    let gone = [
        "table `draft_note` was released, and schema `App` does not name it",
        "  name its struct:       App: .., DraftNote",
        &format!("  or keep it, unused:    {code}"),
    ];
    assert_eq!(lacking(released, &released[1..]), format!("{}{WHY}", gone.join("\n")));

    let now = tables(
        r#"[{"name":"todo","columns":[]},{"name":"note","local":true,"columns":[
            {"name":"self","type":"uuid"},{"name":"by","type":{"id":"person"}},
            {"name":"type","type":"text"},{"name":"more","type":"text"}]}]"#,
    );
    let renamed = [
        "table `draft_note` was released, and schema `App` does not name it. \
         Was it renamed to `note`?",
        r#"  then, on that struct:  #[table(name = "draft_note")]"#,
        "  else name its struct:  App: .., DraftNote",
        &format!("  or keep it, unused:    {code}"),
    ];
    assert_eq!(lacking(released, now), format!("{}{WHY}", renamed.join("\n")));
    // A table without these columns is not suggested, be it synced or local. For a table that had no columns,
    // nothing is suggested.
    for other in [
        r#"[{"name":"todo","columns":[]},{"name":"note","columns":[]}]"#,
        r#"[{"name":"todo","columns":[]},{"name":"note","local":true,"columns":[]}]"#,
    ] {
        assert_eq!(lacking(released, tables(other)), format!("{}{WHY}", gone.join("\n")));
    }
    let all = lacking(released, tables(r#"[{"name":"note","columns":[]}]"#));
    let empty = "pub struct Todo { pub id: ara::Id<Todo>, }";
    assert!(all.starts_with(&format!("{}\n\ntable `todo` was released", gone.join("\n"))), "{all}");
    assert!(all.ends_with(&format!("{empty}{WHY}")), "{all}");
}

#[test]
fn everything_at_once_is_told_in_the_order_of_what_was_released() {
    let released = todo(&format!(
        r#"{TITLE},{DONE},{{"name":"state","type":{{"enum":["A","B","C"]}}}},
           {{"name":"zone","type":"text"}}"#
    ));
    let now = &tables(
        r#"[{"name":"todo","local":true,"columns":[{"name":"label","type":"text"},
            {"name":"state","type":{"enum":["B"]}},{"name":"done","type":"date"}]}]"#,
    )[0];
    let told = refusal(released, now);
    let parts: Vec<_> = told.split("\n\n").map(|part| part.lines().next()).collect();
    assert_eq!(
        parts,
        [
            Some("table `todo` was released as a table that syncs, and is local now"),
            Some(
                "column `todo.title` was released as text, and is gone. Was it renamed to `label`?"
            ),
            Some("column `todo.done` was released as bool, and is date now"),
            Some("variant `A` of column `todo.state` was released, and is gone"),
            Some("variant `C` of column `todo.state` was released, and is gone"),
            Some(
                "column `todo.zone` was released as text, and is gone. Was it renamed to `label`?"
            ),
            Some(WHY.trim_start()),
        ]
    );
    assert_eq!(place_of_refusal(released, now), Some(Place::Struct));
}

/// Checks that a constant can contain a refusal, as the compiler composes it.
#[test]
fn a_refusal_is_composed_while_the_app_is_compiled() {
    const TITLE: ColumnDef =
        ColumnDef { name: "type", ty: Type::Text, range: None, required: true, ..ColumnDef::EMPTY };
    const RELEASED: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[TITLE],
        indexes: &[],
        search: &[],
        ..TableDef::EMPTY
    };
    const NOW: TableDef = TableDef { columns: &[], local: true, ..RELEASED };
    const LENGTH: usize = {
        let mut text = Text::new(&mut []);
        write_refusal(&mut text, &RELEASED, &NOW);
        write_lacking_tables(&mut text, "App", &[RELEASED], &[]);
        text.length()
    };
    const { assert!(LENGTH > 500) };
}

#[test]
fn nothing_is_refused_of_what_only_grows() {
    let released = todo(TITLE);
    let now = todo(&format!("{DONE},{TITLE}"));
    assert_eq!(place_of_refusal(released, now), None);
    assert!(!lacks_a_table(&[], &[now]));
}

#[test]
fn every_type_is_kept_by_a_type_of_rust() {
    for ty in Type::PLAIN {
        let column = format!(r#"{{"name":"a","type":"{}"}}"#, ty.word());
        let told = refusal(todo(&column), todo(""));
        let field = told.lines().nth(1).and_then(|line| line.split_once("pub a: Option<"));
        let rust = field.map(|(_, rust)| rust.trim_end_matches(">,"));
        assert!(rust.is_some_and(|rust| !rust.is_empty()), "{told}");
    }
}

#[test]
fn a_variant_is_kept_by_code_that_compiles() {
    for (stored, code) in [
        ("Done", "Done,"),
        ("done", r#"#[value(name = "done")] Done,"#),
        ("in progress", r#"#[value(name = "in progress")] InProgress,"#),
        ("2nd", r#"#[value(name = "2nd")] V2nd,"#),
        ("\"", r#"#[value(name = "\"")] Unnamed,"#),
        ("Self", r#"#[value(name = "Self")] Self_,"#),
        ("größe", r#"#[value(name = "größe")] Größe,"#),
    ] {
        assert_eq!(composed(|text| code::write_variant(text, stored)), code);
    }
}
