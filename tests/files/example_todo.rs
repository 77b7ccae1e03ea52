//! The to-do example as its user meets it: the program is run, and what it prints is read.
//!
//! `cargo test --workspace` builds the example first. `cargo test -p ara-tests` does not: it runs the one
//! that was built last.

// The parts of the example that know no database are tested here too: cargo runs no unit tests in
// examples.
#[path = "../../examples/todo/date.rs"]
#[allow(dead_code)]
mod date;
#[path = "../../examples/todo/line.rs"]
mod line;
#[path = "../../examples/todo/table.rs"]
#[allow(dead_code)]
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A user with an empty folder.
pub struct User {
    folder: TempDir,
}

impl User {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap_or_else(|error| {
            panic!("the example: {error}; run `cargo build --examples` first")
        })
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let test = std::env::current_exe().expect("the test has a path");
        let name = format!("todo{}", std::env::consts::EXE_SUFFIX);
        let example = test.parent().and_then(Path::parent).expect("a target folder");
        let example = example.join("examples").join(name);
        let mut command = Command::new(example);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("TODO_DB")
            .env_remove("TODO_RELAY")
            .env_remove("TODO_TOKEN");
        command
    }

    /// Whether the rows in the user's file are what its change log says.
    pub fn log_holds(&self) -> bool {
        let db = ara::Database::open(self.path("todo.db")).expect("the file opens");
        db.verify().expect("the log can be read").holds()
    }

    /// What a command that succeeds prints.
    pub fn tells(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).expect("is UTF-8")
    }

    /// The exit code and the message of a command that fails.
    pub fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        assert!(output.stdout.is_empty(), "{args:?} printed something");
        let error = String::from_utf8(output.stderr).expect("is UTF-8");
        (output.status.code().expect("it was not killed"), error)
    }

    /// The list's line for a todo, by its number.
    pub fn line(&self, number: u32) -> Option<String> {
        let list = self.tells(&["list", "--all"]);
        let start = format!("{number} ");
        let mut todos = list.lines().take_while(|line| !line.is_empty());
        todos.find(|line| line.trim_start().starts_with(&start)).map(str::to_owned)
    }
}

fn the_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/todo/todo.txt")
}

#[test]
fn without_arguments_it_shows_the_list_and_what_one_can_do() {
    let user = User::new();
    let told = user.tells(&[]);
    assert!(told.contains("no list in todo.db yet") && told.contains("todo add TEXT"), "{told}");
    assert!(!user.path("todo.db").exists(), "looking makes no file");

    user.tells(&["add", "Buy milk"]);
    let told = user.tells(&[]);
    assert!(told.contains("Buy milk") && told.contains("todo add TEXT"), "{told}");
}

#[test]
fn the_file_is_where_one_says() {
    let user = User::new();
    user.tells(&["--file", "mine.db", "add", "Mine"]);
    assert!(user.path("mine.db").exists() && !user.path("todo.db").exists());
    assert!(user.tells(&["--file", "mine.db"]).contains("Mine"));
    assert!(user.tells(&[]).contains("no list in todo.db"));
}

#[test]
fn a_life_of_a_list() {
    let user = User::new();
    let ring = "(A) Ring the landlord +move @phone due:2026-11-30";
    assert_eq!(user.tells(&["add", "Buy", "milk"]), "added 1: Buy milk\n");
    assert_eq!(user.tells(&["add", ring]), "added 2: Ring the landlord +move @phone\n");
    assert_eq!(
        user.tells(&["add", "(B) Čaj für Yuki 茶 @shop"]),
        "added 3: Čaj für Yuki 茶 @shop\n"
    );
    assert_eq!(
        user.tells(&["list"]),
        "\
#    p  due         title              tags
2    A  2026-11-30  Ring the landlord  +move @phone
3    B              Čaj für Yuki 茶    @shop
1                   Buy milk

3 shown; 3 open, 0 done
"
    );
    assert_eq!(user.tells(&["list", "+move"]).lines().count(), 4);

    assert_eq!(user.tells(&["done", "1", "3", "3"]).lines().count(), 2);
    assert_eq!(user.tells(&["done", "1"]), "done already\n");
    assert!(user.tells(&["list"]).ends_with("1 shown; 1 open, 2 done\n"));
    assert!(user.line(3).is_some_and(|line| line.starts_with("3  x  B")));

    user.tells(&["edit", "2", "Ring the landlady due:2026-12-01"]);
    let line = user.line(2).expect("is there");
    assert_eq!(line, "2        2026-12-01  Ring the landlady");

    user.tells(&["rm", "2", "1"]);
    assert_eq!((user.line(1), user.line(2)), (None, None));
    assert_eq!(user.fails(&["done", "2"]).0, 2);

    assert_eq!(user.tells(&["undo"]), "took back: rm (2 todos)\n");
    assert_eq!(user.line(2), Some(line));
    assert_eq!(user.tells(&["undo"]), "took back: edit (1 todo)\n");
    assert!(user.line(2).is_some_and(|line| line.contains("A  2026-11-30  Ring the landlord ")));
    assert_eq!(user.tells(&["undo"]), "took back: done (2 todos)\n");
    assert!(user.tells(&["list"]).ends_with("3 shown; 3 open, 0 done\n"));
    assert_eq!(user.tells(&["undo"]), "took back: add (1 todo)\n");
    assert_eq!(user.line(3), None);
    assert_eq!(user.tells(&["add", "A new one"]), "added 4: A new one\n");
    assert!(user.log_holds());
}

#[test]
fn several_programs_use_one_list() {
    let user = User::new();
    let adds: Vec<_> = (0..8)
        .map(|_| {
            user.command(&["add", "One of many"])
                .stdout(Stdio::null())
                .spawn()
                .expect("the example starts")
        })
        .collect();
    for mut add in adds {
        assert!(add.wait().expect("it was started").success());
    }
    let list = user.tells(&["list"]);
    for number in 1..=8 {
        assert!(list.contains(&format!("\n{number} ")), "{list}");
    }
    assert!(list.ends_with("8 shown; 8 open, 0 done\n") && user.log_holds(), "{list}");
}

#[test]
fn the_environment_names_the_file() {
    let user = User::new();
    let add = user.command(&["add", "Mine"]).env("TODO_DB", "named.db").output();
    assert!(add.expect("the example starts").status.success());
    assert!(user.path("named.db").exists() && !user.path("todo.db").exists());
}

#[test]
fn a_word_of_a_filter_is_taken_as_it_is() {
    let user = User::new();
    user.tells(&["add", "Give 100% of it"]);
    user.tells(&["add", "Give all of it"]);
    user.tells(&["add", "snake_case everything"]);
    assert!(user.tells(&["list", "%"]).contains("1 shown"));
    assert!(user.tells(&["list", "_"]).contains("1 shown"));
    assert!(user.tells(&["list", "give", "of"]).contains("2 shown"));
    assert!(user.tells(&["list", "'; DROP TABLE todo; --"]).contains("0 shown"));
}

#[test]
fn what_is_exported_is_what_was_imported() {
    let user = User::new();
    let file = the_file();
    let text = fs::read_to_string(&file).expect("the example's file is there");
    let path = file.to_str().expect("is UTF-8");
    let told = user.tells(&["import", path]);
    assert!(told.starts_with("imported 200 todos from "), "{told}");

    let faulty: Vec<_> = line::parse_file(&text).filter(|(_, _, fault)| fault.is_some()).collect();
    assert_eq!(faulty.len(), 8);
    for (number, _, fault) in &faulty {
        let fault = fault.as_ref().expect("has one");
        assert!(told.contains(&format!("  line {number}: {fault}\n")), "{told}");
    }

    let tasks = |text: &str| line::parse_file(text).map(|(_, task, _)| task).collect::<Vec<_>>();
    let exported = user.tells(&["export"]);
    assert_eq!(tasks(&exported), tasks(&text));
    assert_eq!(user.tells(&["export", "out.txt"]), "exported 200 todos to out.txt\n");
    assert_eq!(fs::read_to_string(user.path("out.txt")).expect("was written"), exported);

    let other = User::new();
    other.tells(&["import", user.path("out.txt").to_str().expect("is UTF-8")]);
    assert_eq!(other.tells(&["export"]), exported);
    assert_eq!(other.tells(&["undo"]), "took back: import (200 todos)\n");
    assert_eq!(other.tells(&["export"]), "");
    assert!(other.log_holds());
}

#[test]
fn a_faulty_line_can_be_done_and_taken_back() {
    let user = User::new();
    let long = format!("(A) {}", "long and longer ".repeat(80));
    let text = format!("Ring the bank due:soon\n{long}\n");
    fs::write(user.path("in.txt"), &text).expect("can be written");
    user.tells(&["import", "in.txt"]);
    let before = user.tells(&["export"]);
    assert_eq!(before, text.replace(" \n", "\n"));
    user.tells(&["done", "1", "2"]);
    assert!(user.tells(&["export"]).lines().all(|line| line.starts_with("x 2")));
    user.tells(&["undo"]);
    assert_eq!(user.tells(&["export"]), before);
}

#[test]
fn what_cannot_be_done_changes_nothing_and_says_why() {
    let user = User::new();
    assert_eq!(user.fails(&["done", "1"]).0, 2);
    assert!(!user.path("todo.db").exists());

    user.tells(&["add", "Buy milk"]);
    let before = user.tells(&["export"]);
    for (args, message) in [
        (&["frobnicate"] as &[&str], "no command `frobnicate`"),
        (&["add"], "say what to do"),
        (&["add", "  "], "say what to do"),
        (&["add", "(AA) tea"], "`(AA)` is not a priority"),
        (&["add", "tea due:2026-02-30"], "`due:2026-02-30` is not a date"),
        (&["add", &"tea ".repeat(300)], "1000 characters"),
        (&["done"], "which one?"),
        (&["done", "one"], "`one` is not a number"),
        (&["done", "1", "7"], "no todo 7"),
        (&["rm", "1", "-3"], "no todo -3"),
        (&["rm", "99999999999999999999"], "is not a number"),
        (&["edit", "1"], "say what to do"),
        (&["edit", "7", "tea"], "no todo 7"),
        (&["list", "--al"], "no option `--al`"),
        (&["undo", "2"], "is used so"),
        (&["export", "todo.db"], "the list itself"),
        (&["--file"], "needs a path"),
    ] {
        let (code, error) = user.fails(args);
        assert_eq!(code, 2, "{args:?}: {error}");
        assert!(error.starts_with("todo: ") && error.contains(message), "{args:?}: {error}");
    }
    assert_eq!(user.tells(&["export"]), before);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let user = User::new();
    fs::write(user.path("latin1.txt"), b"Buy milk\nCaf\xe9\n").expect("can be written");
    fs::write(user.path("text.db"), "a file of text, long enough to be looked at ".repeat(40))
        .expect("can be written");
    for (args, message) in [
        (&["import", "missing.txt"] as &[&str], "cannot read missing.txt"),
        (&["import", "."], "cannot read ."),
        (&["import", "latin1.txt"], "line 2 is not UTF-8"),
        (&["export", "no/such/folder.txt"], "cannot write no/such/folder.txt"),
        (&["--file", ".", "add", "tea"], "cannot open"),
        (&["--file", "text.db", "add", "tea"], "text.db is not a database"),
    ] {
        if args[0] == "export" {
            user.tells(&["add", "Buy milk"]);
        }
        let (code, error) = user.fails(args);
        assert_eq!(code, 1, "{args:?}: {error}");
        assert!(error.contains(message), "{args:?}: {error}");
    }
}
