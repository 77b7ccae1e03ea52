//! The messages that the compiler shows to users, word for word.

use super::*;
use crate::snapshot::Snapshot;
use crate::table::ColumnDef;
use crate::ty::Type;
use crate::violation::UNRELEASED;

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

/// What is told if something is gone.
const KEPT: &str = "\nkept unused, it costs nothing: rows keep what they hold, older versions go on reading and \
                    writing it,\nand find it missing in rows that this version creates";

#[track_caller]
fn says(released: &'static TableDef, now: &'static TableDef, place: Place, expected: &[&str]) {
    let is_kept = expected.iter().any(|line| line.contains("keep it, unused"));
    let kept = if is_kept { KEPT } else { "" };
    assert_eq!(refusal(released, now), format!("{}{WHY}{kept}", expected.join("\n")));
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
            "  or retire it:          #[table(retired)] title: Option<String>,",
        ],
    );
    // The new column has another type, so it is no new name, but may replace the old one.
    says(
        released,
        todo(&format!(r#"{DONE},{{"name":"name","type":"json","required":true}}"#)),
        Place::Struct,
        &[
            "column `todo.title` was released as text, and is gone",
            "  keep it, unused:       #[deprecated] pub title: Option<String>,",
            "  or retire it:          #[table(retired)] title: Option<String>,",
            "    and on `name`:       #[table(replaces(title, read = .., write = ..))]",
            "                         // read: fn(String) -> ara::Json<serde_json::Value>, \
             write: fn(&ara::Json<serde_json::Value>) -> String",
        ],
    );
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
            "  or retire it:          #[table(retired)] title: Option<String>,",
            "    and on `name`:       #[table(replaces(title, read = .., write = ..))]",
            "                         // read: fn(String) -> String, write: fn(&String) -> String",
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
            "  or retire it:          #[table(retired)] title: Option<String>,",
            "    and on the new one:  #[table(replaces(title, read = .., write = ..))]",
            "                         // read: fn(String) -> New, write: fn(&New) -> String",
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
            "  or retire it:          #[table(retired)] title: Option<String>,",
            "    and on the new one:  #[table(replaces(title, read = .., write = ..))]",
            "                         // read: fn(String) -> New, write: fn(&New) -> String",
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
                &format!("  or retire it:          #[table(retired)] size: Option<{wide}>,"),
                "    and on `size_new`:   #[table(replaces(size, read = .., write = ..))]",
                &format!(
                    "                         // read: fn({wide}) -> {narrow}, write: fn(&{narrow}) -> {wide}"
                ),
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
            "  or retire it:          #[table(retired)] size: Option<u8>,",
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
            "  or retire it:          #[table(retired)] state: Option<State>,",
            "    and on `status`:     #[table(replaces(state, read = .., write = ..))]",
            "                         // read: fn(State) -> Status, write: fn(&Status) -> State",
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
            "  or retire it:          #[table(retired)] done: Option<bool>,",
            "    and on `done_integer`: #[table(replaces(done, read = .., write = ..))]",
            "                         // read: fn(bool) -> i64, write: fn(&i64) -> bool",
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
            "  or retire it:          #[table(retired)] by: Option<ara::Id<Person>>,",
            "    and on `by_app_user`: #[table(replaces(by, read = .., write = ..))]",
            "                         // read: fn(ara::Id<Person>) -> ara::Id<AppUser>, \
             write: fn(&ara::Id<AppUser>) -> ara::Id<Person>",
        ],
    );
}

#[test]
fn what_no_lens_reads_is_only_kept() {
    // A counter adds up, a key never changes, and nobody sends what is local.
    let views = todo(r#"{"name":"views","type":"counter"}"#);
    says(
        views,
        todo(r#"{"name":"seen","type":"integer"}"#),
        Place::Struct,
        &[
            "column `todo.views` was released as counter, and is gone",
            "  keep it, unused:       #[deprecated] pub views: Option<ara::Counter>,",
            "  or retire it:          #[table(retired)] views: Option<ara::Counter>,",
        ],
    );
    let text = refusal(of_range("views", "integer", ".."), views);
    assert!(text.contains("pub views_counter") && !text.contains("replaces"), "{text}");
    let local = |column: &str| {
        &tables(&format!(r#"[{{"name":"todo","local":true,"columns":[{column}]}}]"#))[0]
    };
    let text = refusal(local(TITLE), local(DONE));
    assert!(text.contains("retire it") && !text.contains("replaces"), "{text}");
}

fn category(key: &str, columns: &str) -> &'static TableDef {
    &tables(&format!(r#"[{{"name":"category",{key}"columns":[{columns}]}}]"#))[0]
}

#[test]
fn a_key_that_has_changed() {
    let columns = r#"{"name":"name","type":"text","required":true},{"name":"label","type":"text"}"#;
    let [without, by_name, by_label] =
        ["", r#""key":"name","#, r#""key":"label","#].map(|key| category(key, columns));
    says(
        without,
        by_name,
        Place::Struct,
        &[
            "table `category` was released without a key, and has the key `name` now",
            "  keep the rows' ids:    #[table(..)] without `key`",
            "  or add another table:  #[table(key = name, name = \"category_by_name\")] on a struct beside it",
        ],
    );
    says(
        by_name,
        without,
        Place::Struct,
        &[
            "table `category` was released with the key `name`, and has none now",
            "  keep it:               #[table(key = name)]",
        ],
    );
    says(
        by_name,
        by_label,
        Place::Struct,
        &[
            "table `category` was released with the key `name`, and has the key `label` now",
            "  keep it:               #[table(key = name)]",
            "  or add another table:  #[table(key = label, name = \"category_by_label\")] on a struct beside it",
        ],
    );
    says(
        by_name,
        category(r#""key":"title","#, r#"{"name":"title","type":"text","required":true}"#),
        Place::Struct,
        &[
            "table `category` was released with the key `name`, and has the key `title` now",
            "  keep it:               #[table(key = name)]",
            "  or add another table:  #[table(key = title, name = \"category_by_title\")] on a struct beside it",
            "",
            "column `category.name` was released as text, and is gone. Was it renamed to `title`?",
            r#"  then, on that field:   #[table(column = "name")]"#,
            "  else keep it:          pub name: String,",
            "",
            "column `category.label` was released as text, and is gone. Was it renamed to `title`?",
            r#"  then, on that field:   #[table(column = "label")]"#,
            "  else keep it, unused:  #[deprecated] pub label: Option<String>,",
            "  or retire it:          #[table(retired)] label: Option<String>,",
            "    and on `title`:      #[table(replaces(label, read = .., write = ..))]",
            "                         // read: fn(String) -> String, write: fn(&String) -> String",
        ],
    );
}

/// A table with a column `body` that replaces others, if any are given.
fn body(replaces: &str) -> &'static TableDef {
    let columns = ["note", "memo"].map(|name| format!(r#"{{"name":"{name}","type":"text"}}"#));
    let [note, memo] = columns;
    todo(&format!(r#"{note},{memo},{{"name":"body","type":"json"{replaces}}}"#))
}

#[test]
fn a_lens_that_has_changed() {
    let lens = |columns: &str, rest: &str| {
        body(&format!(r#","replaces":{{"columns":[{columns}],"revision":{rest}}}"#))
    };
    let [one, two] = [r#""note""#, r#""note","memo""#];
    says(
        lens(one, "1"),
        body(""),
        Place::Field(2),
        &[
            "column `todo.body` was released as one that replaces `note`, and replaces nothing now",
            "  keep it:               #[table(replaces(note, read = .., write = ..))]",
        ],
    );
    says(
        lens(two, "2"),
        lens(one, "2"),
        Place::Field(2),
        &[
            "column `todo.body` was released as one that replaces `note` and `memo`, \
             and replaces `note` now, as the same revision",
            "  raise it:              #[table(replaces(note, read = .., write = .., revision = 3))]",
            "  or keep what it was:   #[table(replaces((note, memo), read = .., write = .., revision = 2))]",
        ],
    );
    says(
        lens(one, "1"),
        lens(one, r#"1,"by_key":true"#),
        Place::Field(2),
        &[
            "column `todo.body` was released as one that replaces `note`, \
             and replaces `note` by key now, as the same revision",
            "  raise it:              #[table(replaces(note, by_key, revision = 2))]",
            "  or keep what it was:   #[table(replaces(note, read = .., write = ..))]",
        ],
    );
    says(
        lens(one, "3"),
        lens(two, "1"),
        Place::Field(2),
        &[
            "column `todo.body` was released with revision 3 of what it replaces, and has revision 1 now",
            "  keep it:               #[table(replaces(note, read = .., write = .., revision = 3))]",
            "  or correct it:         #[table(replaces((note, memo), read = .., write = .., revision = 4))]",
        ],
    );
    assert_eq!(place_of_refusal(body(""), lens(one, "7")), None);
    assert_eq!(place_of_refusal(lens(one, "7"), lens(two, "8")), None);
}

#[test]
fn what_is_retired_was_released() {
    let now = todo(&format!(r#"{TITLE},{{"name":"note","type":"text","retired":true}}"#));
    let told = "column `todo.note` is retired, and was never released: `ara.lock` does not list it\n  \
         remove the field:      no released version of the app has the column\n  \
         or, if one has:        `cargo ara lock` records it without `retired`";
    assert_eq!(refusal(todo(TITLE), now), told);
    assert_eq!(place_of_refusal(todo(TITLE), now), Some(Place::Field(1)));
    assert_eq!(refusal(&UNRELEASED, now), told);
    assert_eq!(place_of_refusal(now, now), None);
    // Why something else must stay is told after it.
    let text = refusal(todo(&format!("{TITLE},{DONE}")), now);
    assert!(text.ends_with(&format!("{told}{WHY}{KEPT}")), "{text}");
}

#[test]
fn a_column_that_is_gone_keeps_its_lens() {
    let lens = r#","replaces":{"columns":["note"],"revision":2}"#;
    let released = body(lens);
    let text = refusal(released, todo(r#"{"name":"note","type":"text"}"#));
    let kept = "  keep it, unused:       #[deprecated] #[table(replaces(note, read = .., write = .., \
        revision = 2))] pub body: Option<ara::Json<serde_json::Value>>,\n  \
        or retire it:          #[table(retired, replaces(note, read = .., write = .., revision = 2))] \
        body: Option<ara::Json<serde_json::Value>>,\n";
    assert!(text.contains(kept), "{text}");

    let table = tables(
        r#"[{"name":"person","key":"name","columns":[{"name":"name","type":"text"},{"name":"mail","type":"text"},
            {"name":"mails","type":"json","replaces":{"columns":["mail"],"revision":1}}]}]"#,
    );
    let text = composed(|text| write_lacking_tables(text, "App", table, &[]));
    let code = "#[derive(ara::Table)] #[table(key = name)] pub struct Person { pub id: ara::Id<Person>, \
        pub name: String, #[table(retired)] mail: Option<String>, \
        #[table(replaces(mail, read = .., write = ..))] pub mails: Option<ara::Json<serde_json::Value>>, }";
    assert!(text.contains(code), "{text}");
}

/// A text that becomes a reference needs no functions, if the rows that it refers to have keys.
#[test]
fn a_text_that_became_a_reference_may_be_read_by_key() {
    let now = todo(r#"{"name":"kind_id","type":{"id":"kind"}}"#);
    let text = refusal(todo(r#"{"name":"kind","type":"text"}"#), now);
    let by_key = "                         // or, if `kind` has a key: replaces(kind, by_key)\n";
    assert!(text.contains(by_key), "{text}");
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
fn a_variant_with_data_that_is_gone() {
    let state = |variants: &str| {
        todo(&format!(r#"{TITLE},{{"name":"state","type":{{"enum":[{variants}]}}}}"#))
    };
    says(
        state(r#""Open","due date(..)""#),
        state(r#""Open","Until(..)","Done""#),
        Place::Field(1),
        &[
            "variant `due date` of column `todo.state` was released, and is gone. Was it renamed to `Until`?",
            r#"  then, on that variant: #[value(name = "due date")]"#,
            r#"  else keep it, unused:  #[deprecated] #[value(name = "due date")] DueDate(..),"#,
        ],
    );
    for (before, now, told, kept) in [
        ("Open", "Open(..)", "without data, and has some now", "Open,"),
        ("Open(..)", "Open", "with data, and has none now", "Open(..),"),
    ] {
        let text = refusal(state(&format!(r#""{before}""#)), state(&format!(r#""{now}""#)));
        let lines = [
            &format!("variant `Open` of column `todo.state` was released {told}"),
            &format!("  keep it:               {kept}"),
            "  and add beside it:     a variant with another name",
        ];
        assert!(text.starts_with(&lines.join("\n")), "{text}");
    }
}

#[test]
fn a_version_that_is_gone_or_has_moved() {
    let doc = |versions: &str| {
        todo(&format!(r#"{TITLE},{{"name":"doc","type":{{"versioned":[{versions}]}}}}"#))
    };
    let released = doc(r#""1 V1","2 v2""#);
    says(
        released,
        doc(r#""1 V1""#),
        Place::Field(1),
        &[
            "version 2 of the document in column `todo.doc` was released as `v2`, and is gone",
            r#"  keep it:               #[value(name = "v2")] V2(..), as variant 2"#,
        ],
    );
    says(
        released,
        doc(r#""1 First","2 v2""#),
        Place::Field(1),
        &[
            "version 1 of the document in column `todo.doc` was released as `V1`, and is gone. \
             Was it renamed to `First`?",
            r#"  then, on that variant: #[value(name = "V1")]"#,
            "  else keep it:          V1(..), as variant 1",
        ],
    );
    says(
        doc(r#""1 V1""#),
        doc(r#""1 V0","2 V1""#),
        Place::Field(1),
        &[
            "version 1 of the document in column `todo.doc` was released as `V1`, and is version 2 now",
            "  keep the order:        new versions come last",
        ],
    );
    let text = refusal(doc(r#""1 V1","2 v2""#), todo(TITLE));
    let code = r#"#[derive(Debug, Clone, PartialEq, ara::Versioned)] pub enum Doc { V1(..), #[value(name = "v2")] V2(..), }"#;
    assert!(text.contains(code), "{text}");
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
    assert_eq!(lacking(released, &released[1..]), format!("{}{WHY}{KEPT}", gone.join("\n")));

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
    assert_eq!(lacking(released, now), format!("{}{WHY}{KEPT}", renamed.join("\n")));
    // A table without these columns is not suggested, be it synced or local. For a table that had no columns,
    // nothing is suggested.
    for other in [
        r#"[{"name":"todo","columns":[]},{"name":"note","columns":[]}]"#,
        r#"[{"name":"todo","columns":[]},{"name":"note","local":true,"columns":[]}]"#,
    ] {
        assert_eq!(lacking(released, tables(other)), format!("{}{WHY}{KEPT}", gone.join("\n")));
    }
    let all = lacking(released, tables(r#"[{"name":"note","columns":[]}]"#));
    let empty = "pub struct Todo { pub id: ara::Id<Todo>, }";
    assert!(all.starts_with(&format!("{}\n\ntable `todo` was released", gone.join("\n"))), "{all}");
    assert!(all.ends_with(&format!("{empty}{WHY}{KEPT}")), "{all}");
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
