//! Columns that replace others, from release to release.

use serde_json::json;

use crate::support::Folder;

/// An app with these fields in its one table, and with what comes after it.
fn app(arguments: &str, fields: &str) -> String {
    format!(
        "use ara::prelude::*;\n\n#[derive(Table)]\n{arguments}\npub struct Expense {{\n    \
         pub id: Id<Expense>,\n    {fields}\n}}\n\n\
         fn read(note: String) -> i64 {{ note.len() as i64 }}\n\
         fn write(length: &i64) -> String {{ length.to_string() }}\n\n\
         ara::schema! {{ pub App: Expense }}\n\nfn main() {{ let _ = (read, write); }}\n"
    )
}

const MAIN: &str = "src/main.rs";
const RETIRED: &str = "#[table(retired)] note: Option<String>,";

fn lens(rest: &str) -> String {
    format!("#[table(replaces(note, read = read, write = write{rest}))] pub length: i64,")
}

/// Checks that the command refuses, and returns what it says.
#[track_caller]
fn refused(folder: &Folder) -> String {
    let ran = folder.ara(&["lock", "-m", "refused"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ran.stdout
}

#[test]
fn from_a_column_to_the_one_that_replaces_it() {
    let folder = Folder::app(&[(MAIN, &app("", "pub note: String,"))]);
    folder.ara(&["lock", "-m", "first release"]);

    // Removed, it may be retired, and read as one with the new column.
    folder.write(MAIN, &app("", "pub length: i64,"));
    let told = refused(&folder);
    for part in [
        "column `expense.note` was released as text, and is gone",
        "  or retire it:          #[table(retired)] note: Option<String>,\n    \
         and on `length`:     #[table(replaces(note, read = .., write = ..))]\n",
        "// read: fn(String) -> i64, write: fn(&i64) -> String\n",
    ] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }

    folder.write(MAIN, &app("", &format!("{RETIRED} {}", lens(""))));
    let differs = folder.ara(&["diff"]);
    assert_eq!(differs.code, Some(1), "{differs:?}");
    let expected = "    table expense\n      + length  integer  required  replaces `note`\n\nrequired: \
         `narrow_all` leaves out rows of older versions that show nothing in it\n`expense.note` is retired\n";
    assert_eq!(differs.stdout, expected);
    let locked = folder.ara(&["lock", "-m", "lengths"]);
    assert!(locked.stdout.contains("  replaces `note`\n"), "{locked:?}");
    assert!(locked.stdout.contains("\n`expense.note` is retired\n"), "{locked:?}");
    let text = folder.read("ara.lock");
    assert!(text.contains("\"column\": \"length\", \"replaces\": [\"note\"], \"revision\": 1,"));
    let same = folder.ara(&["diff"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert_eq!(same.stdout, "the schema is what ara.lock records\n`expense.note` is retired\n");

    // A corrected lens is a new revision, which does not go down again.
    folder.write(MAIN, &app("", &format!("{RETIRED} {}", lens(", revision = 2"))));
    let locked = folder.ara(&["lock", "-m", "lengths in bytes", "--json"]).json();
    let expected = json!([{
        "kind": "lens", "table": "expense", "column": "length", "replaces": ["note"],
        "by_key": false, "revision": 2, "before": 1,
    }]);
    assert_eq!(locked["added"], expected);
    assert_eq!(locked["retired"], json!([{"table": "expense", "column": "note"}]));
    folder.write(MAIN, &app("", &format!("{RETIRED} {}", lens(""))));
    let told = refused(&folder);
    assert!(told.contains("with revision 2 of what it replaces, and has revision 1 now"), "{told}");
    folder.write(MAIN, &app("", &format!("{RETIRED} pub length: i64,")));
    let told = refused(&folder);
    assert!(told.contains("replaces `note`, and replaces nothing now"), "{told}");

    // What is retired was released, and a table keeps that it has no key.
    let more = "#[table(retired)] memo: Option<String>,";
    folder.write(MAIN, &app("", &format!("{RETIRED} {} {more}", lens(", revision = 2"))));
    let told = refused(&folder);
    assert!(told.contains("column `expense.memo` is retired, and was never released"), "{told}");
    let with_key = format!("{RETIRED} {} pub name: String,", lens(", revision = 2"));
    folder.write(MAIN, &app("#[table(key = name)]", &with_key));
    let told = refused(&folder);
    assert!(told.contains("was released without a key, and has the key `name` now"), "{told}");

    let listed = folder.ara(&["list"]).stdout;
    for part in [
        "1 column, 1 replacement",
        "\nsince release 2, `expense.length` replaces `note`\n\
         since release 3, `expense.length` replaces `note`, revision 2\n",
    ] {
        assert!(listed.contains(part), "`{part}` is not in:\n{listed}");
    }
    let listed = folder.ara(&["list", "--json"]).json();
    assert_eq!(listed["releases"][2]["lenses"][0]["revision"], json!(2));
}

/// Nothing was released that could be kept.
#[test]
fn nothing_is_retired_in_the_first_release() {
    let folder = Folder::app(&[(MAIN, &app("", RETIRED))]);
    let told = refused(&folder);
    assert!(told.contains("column `expense.note` is retired, and was never released"), "{told}");
    assert!(!folder.at("ara.lock").exists());
}
