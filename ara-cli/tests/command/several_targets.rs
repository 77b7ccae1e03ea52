//! How the schema is found where a package has a library and binaries.

use crate::support::{Folder, TODO, main_of_todo};

const OTHER: &str = "
    use ara::prelude::*;
    #[derive(Table)]
    pub struct Other { pub id: Id<Other> }
    ara::schema! { pub App: Other }
    fn main() {}
";

#[test]
fn the_binaries_of_a_library_with_a_schema_do_not_matter() {
    let main = "fn main() { println!(\"{:?}\", app::App) }";
    let files = [("src/lib.rs", TODO), ("src/main.rs", main), ("src/bin/other.rs", main)];
    let app = Folder::app(&files);
    assert_eq!(app.tables(&[]), ["todo"]);
    assert_eq!(app.tables(&["--lib"]), ["todo"]);
}

#[test]
fn a_binary_may_have_it_where_the_library_has_none() {
    let app = Folder::app(&[("src/lib.rs", ""), ("src/main.rs", &main_of_todo())]);
    assert_eq!(app.tables(&[]), ["todo"]);
    let told = app.error(&["diff", "--lib"]);
    assert!(told.starts_with("error: `app` declares no schema\n"), "{told}");
}

#[test]
fn binaries_may_share_it() {
    let main = "mod schema { include!(\"../schema.rs\"); }\nfn main() {}";
    let app = Folder::app(&[
        ("src/schema.rs", TODO),
        ("src/bin/one.rs", main),
        ("src/bin/two.rs", main),
        ("src/bin/three.rs", "fn main() {}"),
    ]);
    assert_eq!(app.tables(&[]), ["todo"]);
}

#[test]
fn where_they_differ_one_is_named() {
    let app = Folder::app(&[("src/bin/one.rs", &main_of_todo()), ("src/bin/two.rs", OTHER)]);
    let told = app.error(&["diff"]);
    assert!(told.contains("`app` declares several schemas that differ:\n"), "{told}");
    assert!(told.contains("  --bin one        App in src/bin/one.rs:9\n"), "{told}");
    assert!(told.contains("  --bin two        App in src/bin/two.rs:5\n"), "{told}");
    assert!(told.contains("say which, by `--lib` or `--bin <NAME>`"), "{told}");
    assert_eq!(app.tables(&["--bin", "one"]), ["todo"]);
    assert_eq!(app.tables(&["--bin", "two"]), ["other"]);
    let told = app.error(&["diff", "--bin", "three"]);
    assert!(told.contains("no bin target named `three`"), "{told}");
}

#[test]
fn two_in_one_library_cannot_be_told_apart() {
    let two = format!("{TODO}\nara::schema! {{ pub Second: Todo }}\n");
    let app = Folder::app(&[("src/lib.rs", &two)]);
    let told = app.error(&["diff"]);
    assert!(told.contains("name all tables in one `ara::schema!`"), "{told}");
}
