//! A to-do list for the command line, in one file.
//!
//! ```text
//! cargo run --example todo
//! cargo run --example todo -- import examples/todo/todo.txt
//! cargo run --example todo -- list +bike
//! cargo run --features sync --example todo -- sync      # with other devices: needs a relay
//! ```
//!
//! `store` holds the tables and all that is done with them, `line` the todo.txt format, `table` the
//! layout on the screen, `sync` the commands that need other devices, and `last_year` an older
//! version of the app. This file reads what was typed.

mod date;
mod last_year;
mod line;
mod store;
#[cfg(feature = "sync")]
mod sync;
mod table;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::date::Date;
use crate::line::Task;
use crate::store::{Action, Item, Store};

const USAGE: &str = "Commands:
  todo add TEXT..              add a todo: (A) Ring the landlord +move @phone due:2026-11-30
  todo list [--all] [WORD..]   show the open ones, or all, with these words in their title
  todo done N..                mark as done
  todo edit N TEXT..           say it anew, priority and due date included
  todo rm N..                  remove
  todo undo                    take the last add, done, edit, rm or import back
  todo import FILE             add the lines of a todo.txt file
  todo export [FILE]           write all as todo.txt, to a file or here
  todo sync, pair, devices, words, recover
                               sync it with other devices: `todo sync --help`

The list is kept in ./todo.db, or in what `--file PATH` before the command or TODO_DB names. With `--last-year`
before the command, the app is last year's.
";

/// Why a command was not carried out.
enum Failure {
    /// What was typed cannot be done.
    Usage(String),
    /// The database could not do it.
    Database(ara::Error),
    /// A file could not be read or written.
    File(String),
}

impl From<ara::Error> for Failure {
    fn from(error: ara::Error) -> Self {
        Self::Database(error)
    }
}

fn main() -> ExitCode {
    let (message, code) = match run(std::env::args_os().skip(1).collect()) {
        // A reader that stops reading, as `head` does, is no fault.
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => (error.to_string(), 1),
            _ => return ExitCode::SUCCESS,
        },
        Err(Failure::Usage(message)) => (message, 2),
        Err(Failure::Database(error)) => (error.to_string(), 1),
        Err(Failure::File(message)) => (message, 1),
    };
    eprintln!("todo: {}", message.lines().map(table::printable).collect::<Vec<_>>().join("\n"));
    ExitCode::from(code)
}

fn run(mut args: Vec<OsString>) -> Result<String, Failure> {
    let path = take_path(&mut args)?;
    let is_last_years = args.first().is_some_and(|arg| arg == "--last-year");
    args.drain(..usize::from(is_last_years));
    let args = args
        .into_iter()
        .map(|arg| arg.into_string().map_err(|arg| usage(format!("{arg:?} is not UTF-8"))))
        .collect::<Result<Vec<_>, _>>()?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();

    if let ["sync" | "pair" | "devices" | "leave" | "words" | "recover", ..] = args[..] {
        return sync(&path, &args, is_last_years);
    }
    if is_last_years {
        return last_year::run(&path, &args);
    }
    // Only what adds something makes the file.
    let makes_file = matches!(args[..], ["add" | "import", ..]);
    let open = || {
        if makes_file || path.exists() {
            return Ok(Store::open(&path)?);
        }
        Err(usage(format!("there is no list in {} yet: `todo add` begins one", path.display())))
    };
    match args[..] {
        [] if path.exists() => Ok(format!("{}\n{USAGE}", list(&open()?, &[])?)),
        [] => Ok(format!(
            "There is no list in {} yet. Begin one with `add`, or with one that is there:\n\n  \
             cargo run --example todo -- import examples/todo/todo.txt\n\n{USAGE}",
            path.display()
        )),
        ["help" | "--help" | "-h", ..] => Ok(USAGE.to_owned()),
        ["add", ref text @ ..] => add(&open()?, text),
        ["list", ref words @ ..] => list(&open()?, words),
        ["done", ref numbers @ ..] => done(&open()?, numbers),
        ["edit", number, ref text @ ..] => edit(&open()?, number, text),
        ["rm", ref numbers @ ..] => remove(&open()?, numbers),
        ["undo"] => undo(&open()?),
        ["import", file] => import(&open()?, Path::new(file)),
        ["export"] => export(&open()?, None, &path),
        ["export", file] => export(&open()?, Some(Path::new(file)), &path),
        ["edit" | "undo" | "import" | "export", ..] => {
            Err(usage(format!("`{}` is used so:\n\n{USAGE}", args[0])))
        }
        [command, ..] => Err(usage(format!("there is no command `{command}`:\n\n{USAGE}"))),
    }
}

/// Carries out a command that needs other devices. It tells what happens while it does.
#[cfg(feature = "sync")]
fn sync(path: &Path, args: &[&str], is_last_years: bool) -> Result<String, Failure> {
    if is_last_years {
        sync::run::<sync::LastYear>(path, args)?;
    } else {
        sync::run::<sync::ThisYear>(path, args)?;
    }
    Ok(String::new())
}

#[cfg(not(feature = "sync"))]
fn sync(_: &Path, args: &[&str], _: bool) -> Result<String, Failure> {
    let command = args.join(" ");
    Err(usage(format!(
        "this was built without sync:\n\n  cargo run --features sync --example todo -- {command}"
    )))
}

/// Takes `--file PATH` from the front of the arguments, else what the environment says.
fn take_path(args: &mut Vec<OsString>) -> Result<PathBuf, Failure> {
    let is_option = args.first().is_some_and(|arg| arg == "--file");
    if is_option {
        if args.len() < 2 {
            return Err(usage("`--file` needs a path".to_owned()));
        }
        return Ok(args.drain(..2).next_back().unwrap_or_default().into());
    }
    let named = std::env::var_os("TODO_DB").filter(|path| !path.is_empty());
    Ok(named.map_or_else(|| PathBuf::from("todo.db"), PathBuf::from))
}

fn add(store: &Store, text: &[&str]) -> Result<String, Failure> {
    let mut task = read_task(text)?;
    task.created_on.get_or_insert_with(Date::today);
    let items = store.add(Action::Add, &[task])?;
    Ok(tell("added", &items))
}

fn list(store: &Store, args: &[&str]) -> Result<String, Failure> {
    let (options, words): (Vec<&str>, Vec<&str>) =
        args.iter().partition(|arg| arg.starts_with("--"));
    if let Some(option) = options.iter().find(|option| **option != "--all") {
        return Err(usage(format!("`list` has no option `{option}`")));
    }
    let items = store.list(&words, !options.is_empty())?;
    let rows: Vec<_> = items.iter().map(row).collect();
    let (open, done) = store.count()?;
    let counts = format!("{} shown; {open} open, {done} done\n", items.len());
    if rows.is_empty() {
        return Ok(counts);
    }
    Ok(table::aligned([" #", "", "p", "due", "title", "tags"], &rows) + "\n" + &counts)
}

fn row(item: &Item) -> [String; 6] {
    /// As much of a title as a line of the list shows.
    const SHOWN: usize = 64;
    let task = &item.task;
    let mut headline: String = task.headline().chars().take(SHOWN).collect();
    if headline.len() < task.headline().len() {
        headline.push('…');
    }
    [
        item.number.to_string(),
        if task.done { "x".to_owned() } else { String::new() },
        task.priority.as_ref().map(ToString::to_string).unwrap_or_default(),
        task.due.as_ref().map(ToString::to_string).unwrap_or_default(),
        headline,
        task.tags().collect::<Vec<_>>().join(" "),
    ]
}

fn done(store: &Store, numbers: &[&str]) -> Result<String, Failure> {
    let mut before = find(store, numbers)?;
    before.retain(|item| !item.task.done);
    if before.is_empty() {
        return Ok("done already\n".to_owned());
    }
    let mut after = before.clone();
    for item in &mut after {
        item.task.done = true;
        item.task.completed_on = Some(Date::today());
    }
    store.change(Action::Done, &before, &after)?;
    Ok(tell("done", &after))
}

fn edit(store: &Store, number: &str, text: &[&str]) -> Result<String, Failure> {
    let before = find(store, &[number])?;
    let new = read_task(text)?;
    let mut after = before.clone();
    for item in &mut after {
        let old = &item.task;
        // The text is read as that of a new todo. What it does not say of days, and whether the
        // todo is done, stays.
        item.task = Task {
            done: new.done || old.done,
            completed_on: new.completed_on.clone().or_else(|| old.completed_on.clone()),
            created_on: old.created_on.clone().or_else(|| new.created_on.clone()),
            ..new.clone()
        };
    }
    store.change(Action::Edit, &before, &after)?;
    Ok(tell("now", &after))
}

fn remove(store: &Store, numbers: &[&str]) -> Result<String, Failure> {
    let items = find(store, numbers)?;
    store.remove(&items)?;
    Ok(tell("removed", &items))
}

fn undo(store: &Store) -> Result<String, Failure> {
    let Some((action, count)) = store.undo()? else {
        return Ok("there is nothing to undo\n".to_owned());
    };
    let action = match action {
        Action::Add => "add",
        Action::Done => "done",
        Action::Edit => "edit",
        Action::Remove => "rm",
        Action::Import => "import",
    };
    Ok(format!("took back: {action} ({})\n", todos(count)))
}

fn import(store: &Store, file: &Path) -> Result<String, Failure> {
    let cannot =
        |reason: String| Failure::File(format!("cannot read {}: {reason}", file.display()));
    let bytes = fs::read(file).map_err(|error| cannot(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let read = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + read.iter().filter(|byte| **byte == b'\n').count();
        cannot(format!("line {line} is not UTF-8"))
    })?;

    let mut tasks = Vec::new();
    let mut faults = String::new();
    for (line, task, fault) in line::parse_file(&text) {
        tasks.push(task);
        if let Some(fault) = fault {
            faults += &format!("  line {line}: {}\n", table::printable(&fault.to_string()));
        }
    }
    if tasks.is_empty() {
        return Ok(format!("{} has no todos\n", file.display()));
    }
    store.add(Action::Import, &tasks)?;
    let mut told = format!("imported {} from {}\n", todos(tasks.len()), file.display());
    if !faults.is_empty() {
        told += "kept as plain titles:\n";
        told += &faults;
    }
    Ok(told)
}

fn export(store: &Store, file: Option<&Path>, database: &Path) -> Result<String, Failure> {
    let items = store.all()?;
    let lines: String = items.iter().map(|item| format!("{}\n", item.task)).collect();
    let Some(file) = file else { return Ok(lines) };
    let is_database =
        matches!((file.canonicalize(), database.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if is_database {
        return Err(usage(format!(
            "{} is the list itself: export to another file",
            file.display()
        )));
    }
    fs::write(file, lines)
        .map_err(|error| Failure::File(format!("cannot write {}: {error}", file.display())))?;
    Ok(format!("exported {} to {}\n", todos(items.len()), file.display()))
}

/// Reads what was typed as one line. A fault is for the user to mend, so nothing is kept.
fn read_task(text: &[&str]) -> Result<Task, Failure> {
    let (mut task, fault) = line::parse(&text.join(" ").replace(['\n', '\r'], " "));
    if task.title.is_empty() {
        return Err(usage("say what to do, as in `todo add Buy milk`".to_owned()));
    }
    if let Some(fault) = fault {
        return Err(usage(fault.to_string()));
    }
    if task.done {
        task.completed_on.get_or_insert_with(Date::today);
    }
    Ok(task)
}

/// The todos of these numbers, each once. All must be there, so that a slip of the finger changes
/// nothing.
fn find(store: &Store, numbers: &[&str]) -> Result<Vec<Item>, Failure> {
    if numbers.is_empty() {
        return Err(usage("which one? `todo list` shows the numbers".to_owned()));
    }
    let mut items: Vec<Item> = Vec::new();
    for text in numbers {
        let number =
            text.parse().map_err(|_| usage(format!("`{text}` is not a number of the list")))?;
        let item = store.find(number)?.ok_or_else(|| {
            usage(format!("there is no todo {number}: `todo list --all` shows the numbers"))
        })?;
        if items.iter().all(|item| item.number != number) {
            items.push(item);
        }
    }
    Ok(items)
}

fn tell(what: &str, items: &[Item]) -> String {
    let told =
        |item: &Item| format!("{what} {}: {}\n", item.number, table::printable(&item.task.title));
    items.iter().map(told).collect()
}

fn todos(count: usize) -> String {
    format!("{count} todo{}", if count == 1 { "" } else { "s" })
}

fn usage(message: String) -> Failure {
    Failure::Usage(message)
}
