//! The arguments of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use ara_core::{Timestamp, Uuid};
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use colorchoice_clap::Color;
use jiff::tz::TimeZone;

/// The colours that cargo uses in its own help.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::BrightGreen.on_default().bold())
    .usage(AnsiColor::BrightGreen.on_default().bold())
    .literal(AnsiColor::BrightCyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  the answer is no: `check` failed, `diff` found a difference, `verify` found damage,
     `unreadable` found values that no recorded schema has,
     `lock` refused because something that was released has changed or is gone,
     or `forget` left rows, or was not confirmed
  2  it could not be done: the app does not compile, a file cannot be read, ..

With --json, standard output is one JSON object and nothing else; `cargo ara help <COMMAND>` says \
what is in it. If the exit code is 2, it is {\"error\": \"..\"}, with what the compiler said as \
\"compiler\" if the app does not compile.";

/// Records what was released of an ara schema, and looks into ara's files.
///
/// `ara.lock`, beside the package's Cargo.toml, lists the tables and columns that users' devices may
/// have. The compiler refuses to drop or change them. What is not in it yet may still be changed.
#[derive(Debug, Parser)]
#[command(name = "cargo-ara", bin_name = "cargo ara", version, styles = STYLES)]
#[command(after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub color: Color,

    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Lock(Lock),
    Check(Check),
    Diff(Diff),
    List(List),
    Sql(Sql),
    Inspect(Inspect),
    History(History),
    Verify(Verify),
    Unreadable(Unreadable),
    Vacuum(Vacuum),
    Forget(Forget),
}

/// Record what is new in the schema as the next release, in `ara.lock`.
///
/// Run it before you give a version of the app to others, and commit `ara.lock` with it.
///
/// After a merge of two branches that each recorded a release, the new release joins them, even if nothing
/// is new. The command also makes sure that `.gitattributes` tells git how to merge `ara.lock`.
///
/// JSON: {"recorded": bool, "version": number or null, "file": path, "added": [fact, ..], "retired":
/// [{"table", "column"}, ..], "joins": [version, ..], "broken": [{"tables", "message"}, ..],
/// "gitattributes": bool}. A fact is {"kind": "table" | "column" | "range" | "lens" | "variant", "table", and
/// with it "local", "key", "column", "type", "range", "required", "before", "replaces", "by_key", "revision",
/// "variant"}; "required" is null where only the code would tell it. The kind "range" is a column that got
/// wider than "before", or whose range was not recorded before. The kind "lens" is what a column replaces, in
/// a revision that comes after "before", if that is not null. What is retired is not recorded, but told.
#[derive(Debug, Args)]
pub struct Lock {
    /// What is new, in a few words: `add due date`.
    #[arg(short, long, value_name = "TEXT", value_parser = parse_message)]
    pub message: String,

    #[command(flatten)]
    pub code: Code,
}

/// Check that the schema is recorded and breaks nothing that was released, and that `ara.lock` is whole. For
/// CI.
///
/// JSON: {"holds": bool, "schema": name, "version": number, "unrecorded": [fact, ..], "broken":
/// [{"tables", "message"}, ..], "against": revision or null, "not_a_superset": message or null,
/// "behind": bool, "invalid": message or null}. If "behind" is true, what is lacking was released at the
/// revision after this branch had left it: merge the revision.
#[derive(Debug, Args)]
pub struct Check {
    /// Also check that `ara.lock` has everything that it had at this revision of git: `--against origin/main`.
    #[arg(long, value_name = "REV")]
    pub against: Option<String>,

    #[command(flatten)]
    pub code: Code,
}

/// Show what is not recorded yet, or what a database file has and lacks.
///
/// Without a file, the schema of the code is compared with `ara.lock`. With a file, `ara.lock` is compared
/// with the file, or the code if there is no `ara.lock`.
///
/// JSON: {"same": bool, "unrecorded": [fact, ..], "broken": [{"tables", "message"}, ..], "retired":
/// [{"table", "column"}, ..]}, or with a file
/// {"same": bool, "compared": "lock" | "code", "lacks": [fact, ..], "has": [fact, ..], "differs":
/// [{"table", "column", "type", "type_in_file"}, ..], "drift": [message, ..]}: what the file lacks, what only
/// the file has, which columns differ in their types, and what is not as ara made it.
#[derive(Debug, Args)]
pub struct Diff {
    /// A database file of the app.
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub unlock: Unlock,

    #[command(flatten)]
    pub code: Code,
}

/// List the releases that `ara.lock` records. Nothing is compiled.
///
/// JSON: {"file": path, "releases": [{"version", "id", "date", "message", "checksum", "tables", "columns",
/// "variants", "ranges", "lenses": [fact, ..]}, ..]}, with how many of them each release added. Ranges are
/// those of columns that got wider, and lenses what columns replace since the release.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub selection: Selection,
}

/// Print the SQL that creates the tables of the schema in a new file.
///
/// If the schema breaks what was released, it prints a warning and the SQL all the same.
///
/// JSON: {"schema": name, "statements": [sql, ..], "broken": [{"tables", "message"}, ..], "invalid": what is
/// wrong with `ara.lock`, or null}.
#[derive(Debug, Args)]
pub struct Sql {
    #[command(flatten)]
    pub code: Code,
}

/// Look into a database file: its tables and columns, and which of them the app in this folder knows.
///
/// The file is only read.
///
/// JSON: {"file": path, "bytes": number, "format": number, "app": schema or null, "app_missing": reason or
/// null, "ensured": {"last": {"schema", "version", "app_version", "time"}, "newest_release": number or null,
/// "schemas": number, "devices": number} or null, "failures": number, "tables": [{"name", "local", "known",
/// "rows", "deleted", "columns": [{"name", "type", "known"}, ..], "indexes": [[column, ..], ..]}, ..],
/// "drift": [message, ..]}. A type is null where no history tells it.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,

    #[command(flatten)]
    pub code: Code,
}

/// List the versions of the schema that a database file had, and those that could not be ensured.
///
/// The file is only read.
///
/// JSON: {"file": path, "history": [{"schema", "version", "checksum", "app_version", "device", "time",
/// "added": {"tables", "columns", "indexes", "dropped_indexes"}, "snapshot"}, ..], "failures": [{"time",
/// "schema", "version", "app_version", "reason"}, ..]}, oldest first. What cannot be read of the history is
/// null. A time is in milliseconds since 1970. In a snapshot "local", "required", "indexes" and the like are
/// left out where they are false or empty.
#[derive(Debug, Args)]
pub struct History {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,
}

/// Compare the tables of a database file with the log of its changes.
///
/// The file is only read.
///
/// JSON: {"file": path, "holds": bool, "changes": number, "rows": number, "differences": [{"table",
/// "column", "message", "mended_by_ensure": bool}, ..]}, at most the first 100 of them. The rows are those
/// of synced tables, including deleted rows and those of the history.
#[derive(Debug, Args)]
pub struct Verify {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,
}

/// List the cells of a database file that no recorded version of the app can read.
///
/// The file is only read. Its cells are compared with the schemas that were ensured in it and in those that it was
/// merged with: a cell is listed if its value is not of a type that one of them gives the column, or out of range, or no
/// variant. Rules that only the code has are not known, nor are the functions between columns that replace one another:
/// whether one of them panics, `db.unreadable` tells in the app. Columns that no schema declares are listed apart.
/// Deleted rows are left out.
///
/// JSON: {"file": path, "readable": bool, "unreadable": [{"table", "local", "column", "cells", "first", "last",
/// "types": [{"type", "range"}, ..]}, ..], "undeclared": [{"table", "local", "column", "cells", "first", "last"}, ..],
/// "schemas": number, "unknown_schemas": number}: how many cells, when the earliest and the latest of them was
/// written, in milliseconds since 1970, and the recorded types of the column. Where only the log would tell when a cell
/// was written, it is the time at which its row was last changed. Schemas are unknown if this version of ara cannot
/// read what was recorded of them.
#[derive(Debug, Args)]
pub struct Unreadable {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,
}

/// Give unused room in a database file back to the system.
///
/// The file is written anew, without what deleted and overwritten values have left. Apps may have it open: what they
/// write meanwhile waits. It needs as much room on the disk as the file will have, twice if that is much.
///
/// JSON: {"file": path, "freed": number}, by how many bytes the file became smaller.
#[derive(Debug, Args)]
pub struct Vacuum {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,
}

/// Remove the values of deleted rows for good, from the file and from every device that it merges with.
///
/// The rows must have been deleted, in the app. Nothing brings them back then, except a backup. It asks first. Then
/// the file is written anew, as by `vacuum`.
///
/// JSON: {"file": path, "forgotten": number, "left": [id, ..], "freed": number}: how many rows were forgotten, which
/// were not, as they are not deleted or not there, and by how many bytes the file became smaller.
#[derive(Debug, Args)]
pub struct Forget {
    /// The database file.
    pub file: PathBuf,

    #[command(flatten)]
    pub unlock: Unlock,

    /// The table of the rows.
    #[arg(requires = "ids", required_unless_present = "deleted_before")]
    #[arg(conflicts_with = "deleted_before")]
    pub table: Option<String>,

    /// The ids of the rows.
    #[arg(value_name = "ID")]
    pub ids: Vec<Uuid>,

    /// All deleted rows that were last changed before this day, such as 2026-11-22, or this time, such as
    /// 2026-11-22T08:30:00Z. A day begins where this computer is.
    #[arg(long, value_name = "DATE", value_parser = parse_moment)]
    pub deleted_before: Option<Timestamp>,

    /// Do not ask.
    #[arg(short, long)]
    pub yes: bool,
}

/// Where the key of an encrypted file is. If no file is named, the passphrase is asked for.
///
/// There is no argument for the key itself: other users of the computer may see it, and the shell remembers it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Encryption")]
pub struct Unlock {
    /// Read the passphrase of an encrypted file from the first line of this file.
    #[cfg(feature = "encryption")]
    #[arg(long, value_name = "PATH", conflicts_with = "raw_key_file")]
    pub key_file: Option<PathBuf>,

    /// Read the key of an encrypted file, as 32 bytes, from this file.
    #[cfg(feature = "encryption")]
    #[arg(long, value_name = "PATH")]
    pub raw_key_file: Option<PathBuf>,
}

/// Where the app's code is, and how it is compiled.
#[derive(Debug, Args)]
pub struct Code {
    #[command(flatten)]
    pub selection: Selection,

    #[command(flatten)]
    pub compile: Compile,
}

/// Which package is meant.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Package")]
pub struct Selection {
    /// The package of the workspace that declares the schema.
    #[arg(short, long, value_name = "NAME")]
    pub package: Option<String>,

    /// The Cargo.toml, if it is not the one of this folder.
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,

    /// Do not use the network.
    #[arg(long)]
    pub offline: bool,

    /// Leave Cargo.lock as it is.
    #[arg(long)]
    pub locked: bool,

    /// As `--locked` and `--offline`.
    #[arg(long)]
    pub frozen: bool,

    /// A setting of cargo's: KEY=VALUE, or a file.
    #[arg(long, value_name = "KEY=VALUE")]
    pub config: Vec<String>,
}

/// How the package is compiled.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Compilation")]
pub struct Compile {
    /// Look for the schema in the library alone.
    #[arg(long, conflicts_with = "bin")]
    pub lib: bool,

    /// Look for the schema in this binary alone.
    #[arg(long, value_name = "NAME")]
    pub bin: Option<String>,

    /// The features to compile with.
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,

    /// Compile with all features.
    #[arg(long)]
    pub all_features: bool,

    /// Compile without the default features.
    #[arg(long)]
    pub no_default_features: bool,

    /// The target to compile for.
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,

    /// The profile to compile with.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Where cargo puts what it makes.
    #[arg(long, value_name = "FOLDER")]
    pub target_dir: Option<PathBuf>,
}

impl Selection {
    /// Returns the options that every command of cargo takes.
    pub fn cargo_options(&self) -> Vec<String> {
        let flags =
            [(self.offline, "--offline"), (self.locked, "--locked"), (self.frozen, "--frozen")];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
        let config = self.config.iter().flat_map(|setting| ["--config", setting]);
        flags.map(|(_, flag)| flag).chain(config).map(str::to_owned).collect()
    }
}

impl Compile {
    /// Returns the options that `cargo check` takes.
    pub fn cargo_options(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        let flags = [
            (self.lib, "--lib"),
            (self.all_features, "--all-features"),
            (self.no_default_features, "--no-default-features"),
        ];
        options.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.into()));
        let named =
            [("--bin", &self.bin), ("--target", &self.target), ("--profile", &self.profile)];
        for (option, value) in named {
            if let Some(value) = value {
                options.extend([option.into(), value.into()]);
            }
        }
        for features in &self.features {
            options.extend(["--features".into(), features.into()]);
        }
        if let Some(folder) = &self.target_dir {
            options.extend(["--target-dir".into(), folder.into()]);
        }
        options
    }
}

/// Returns the arguments without the `ara` that cargo puts first. `cargo-ara` can be called without it.
pub fn without_subcommand(
    arguments: impl IntoIterator<Item = OsString>,
) -> impl Iterator<Item = OsString> {
    arguments.into_iter().enumerate().filter(|(at, word)| *at != 1 || word != "ara").map(|(_, w)| w)
}

/// Checks that a message says something.
fn parse_message(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("say in a few words what is new"),
        message => Ok(message.to_owned()),
    }
}

/// Reads a day, which stands for its beginning, or a time.
fn parse_moment(text: &str) -> Result<Timestamp, String> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if !text.contains(':') => {
            let begins =
                day.to_zoned_datetime(TimeZone::system()).map_err(|error| error.to_string())?;
            Ok(Timestamp::from_millis(begins.timestamp().as_millisecond()))
        }
        _ => text.parse().map_err(|_| {
            "write a day, as 2026-11-22, or a time, as 2026-11-22T08:30:00Z".to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(without_subcommand(words.iter().map(OsString::from)))
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn cargo_may_put_its_word_first() -> Result<(), clap::Error> {
        for words in
            [&["cargo-ara", "ara", "lock", "-m", "ara"][..], &["cargo-ara", "lock", "-mara"]]
        {
            let Command::Lock(lock) = parse(words)?.command else { panic!("it was `lock`") };
            assert_eq!(lock.message, "ara");
        }
        Ok(())
    }

    #[test]
    fn a_message_says_something() {
        assert!(parse(&["cargo-ara", "lock"]).is_err());
        let refused = parse(&["cargo-ara", "lock", "-m", "  "]).expect_err("it is empty");
        assert!(refused.to_string().contains("say in a few words what is new"), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }

    #[test]
    fn rows_to_forget_are_named_or_dated() -> Result<(), clap::Error> {
        let id = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
        let forget =
            |words: &[&str]| match parse(&[&["cargo-ara", "forget", "a.db"], words].concat()) {
                Ok(Arguments { command: Command::Forget(forget), .. }) => Ok(forget),
                Ok(other) => panic!("{other:?}"),
                Err(error) => Err(error),
            };
        let named = forget(&["todo", id, id])?;
        assert_eq!((named.table.as_deref(), named.ids.len(), named.yes), (Some("todo"), 2, false));
        let time = Some(Timestamp::from_millis(1_795_336_200_000));
        let dated = forget(&["--deleted-before", "2026-11-22T08:30:00Z", "--yes"])?;
        assert_eq!((dated.deleted_before, dated.yes), (time, true));
        let day = forget(&["--deleted-before=2026-11-22"])?.deleted_before;
        // Wherever this is, the day begins within 14 hours of that in UTC.
        let off = day.map_or(0, |day| day.millis() - 1_795_305_600_000);
        assert!(off.abs() <= 14 * 3_600_000, "{off}");
        for wrong in [
            &[][..],
            &["todo"],
            &["todo", "1"],
            &["todo", id, "--deleted-before", "2026-11-22"],
            &["--deleted-before", "yesterday"],
            &["--deleted-before", "2026-11-22T08:30"],
        ] {
            assert!(forget(wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn options_are_cargos() -> Result<(), clap::Error> {
        let words = "cargo-ara sql --lib -F a,b -F c --no-default-features --target t --offline \
                     --config x=1 --target-dir /t --profile dev";
        let Command::Sql(sql) = parse(&words.split(' ').collect::<Vec<_>>())?.command else {
            panic!("it was `sql`")
        };
        let expected = "--lib --no-default-features --target t --profile dev --features a,b \
                        --features c --target-dir /t";
        assert_eq!(sql.code.compile.cargo_options().join(" ".as_ref()), expected);
        assert_eq!(sql.code.selection.cargo_options(), ["--offline", "--config", "x=1"]);
        assert!(parse(&["cargo-ara", "sql", "--lib", "--bin", "a"]).is_err());
        Ok(())
    }
}
