//! The command `ara-relay admin`: what an operator does with a store.

mod listing;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use ara_protocol::SpaceId;
use ara_relay::store::sqlite::{BackupError, Earlier};
use ara_relay::store::{Listing, Store, StoreError};
use ara_relay::{SqliteReader, admin};
use clap::{Args, Subcommand, ValueEnum};

use crate::lock::{Lock, try_lock};
use crate::place::{Place, Purpose, open, place_of};
use crate::size::parse_quota;

/// How many connections to PostgreSQL a command has.
const CONNECTIONS: usize = 2;

/// How many lines are told of what is wrong with a file.
const FAULTS_TOLD: usize = 5;

/// Looks after what a relay keeps.
///
/// All of it goes while relays run on the store, which hear what is decided within a second.
#[derive(Debug, Args)]
pub(crate) struct Admin {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists spaces.
    Spaces {
        /// Which come first: those with most bytes, or those that nobody has used for the longest time.
        #[arg(long, value_name = "ORDER", default_value = "size")]
        by: Order,

        /// How many are listed.
        #[arg(long, value_name = "NUMBER", default_value_t = 20)]
        most: usize,

        /// Writes an object of JSON for each space, one a line.
        #[arg(long)]
        json: bool,
    },

    /// Gives a space a quota of its own.
    Quota {
        /// The id of the space, as `spaces` lists it.
        #[arg(value_parser = parse_space)]
        space: SpaceId,

        /// How much it may have, such as 5GB; or `default`, for what the relay gives to all.
        #[arg(value_name = "SIZE|default", value_parser = parse_own_quota)]
        size: OwnQuota,
    },

    /// Closes a space: every request is refused until it is opened.
    ///
    /// Its devices say so, keep their data, and go on where they were once it is opened. Nothing of it is deleted.
    Close {
        /// The id of the space, as `spaces` lists it.
        #[arg(value_parser = parse_space)]
        space: SpaceId,
    },

    /// Opens a space that was closed.
    Open {
        /// The id of the space, as `spaces` lists it.
        #[arg(value_parser = parse_space)]
        space: SpaceId,
    },

    /// Deletes from this store all that it has of a space that is closed.
    ///
    /// For its members this is no deletion, which only they can sign: the store is as if the space had never been here. If
    /// one of its devices comes back, it founds the space again, as far as it is admitted, and sends all that it has. What
    /// no device has any more is lost. A space that was deleted by a member is left alone, as what is left of it says so.
    Delete {
        /// The id of the space, as `spaces` lists it.
        #[arg(value_parser = parse_space)]
        space: SpaceId,

        /// Says that it is meant: what is deleted does not come back from here.
        #[arg(long)]
        yes: bool,
    },

    /// Copies spaces into another store, and checks what was copied.
    ///
    /// A file of SQLite with one space in it is an export, and copying from it is an import. A space must not change
    /// meanwhile: close it first, or stop the relay. A space that was closed is closed in the copy, too. A copy that broke
    /// off goes on if the same is run again; until it is whole, the space is not served there. It exits with 1 if a space
    /// is there already in another state, which is left alone.
    Copy {
        /// Where to: a file of SQLite, or the URL of a database of PostgreSQL, as --store has it.
        #[arg(long, value_name = "STORE", env = "ARA_RELAY_TO", hide_env_values = true)]
        to: std::ffi::OsString,

        /// Says that no relay runs on the database. Of a file this is seen.
        #[arg(long)]
        stopped: bool,

        /// The ids of the spaces. Without any, all are copied that are not there yet.
        #[arg(value_name = "SPACE", value_parser = parse_space)]
        spaces: Vec<SpaceId>,
    },

    /// Drops what a copy has left that broke off and is not to go on.
    ///
    /// A space that is whole is left alone: see `delete`.
    DropCopy {
        /// The id of the space, as `spaces` lists it: one that is `arriving`.
        #[arg(value_parser = parse_space)]
        space: SpaceId,
    },

    /// Checks spaces, and exits with 1 if something is wrong. It changes nothing.
    ///
    /// It reads all of them: hash chains, heads and their signatures, parts, the order of segments, access logs by the
    /// rules of the protocol, and slots; and if none is named, whether the file is whole.
    Check {
        /// The ids of the spaces. Without any, all are checked.
        #[arg(value_name = "SPACE", value_parser = parse_space)]
        spaces: Vec<SpaceId>,
    },

    /// Copies the whole file, as it is now, into a new one, also while the relay runs.
    ///
    /// The copy is a store like the file itself: to restore it is to put it in its place while no relay runs. It has its
    /// name once it is whole. Of a database of PostgreSQL, backups are its own.
    Backup {
        /// The file to write.
        file: PathBuf,

        /// Replaces an earlier backup that has this name, once the new one is whole. Nothing else is replaced.
        #[arg(long)]
        replace: bool,
    },

    /// Gives room back to the disk that the store does not need any more.
    Vacuum,
}

/// Which spaces come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Those with most bytes.
    Size,
    /// Those that nobody has used for the longest time.
    Age,
}

/// A quota of a space's own, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OwnQuota(Option<u64>);

impl Action {
    const fn purpose(&self) -> Purpose {
        match self {
            Self::Spaces { .. } | Self::Copy { .. } | Self::Check { .. } | Self::Backup { .. } => {
                Purpose::Read
            }
            Self::Quota { .. }
            | Self::Close { .. }
            | Self::Open { .. }
            | Self::Delete { .. }
            | Self::DropCopy { .. }
            | Self::Vacuum => Purpose::Change,
        }
    }
}

/// Does what an operator says, and returns whether nothing was found wrong.
pub(crate) fn run(admin: &Admin, place: Place) -> Result<bool> {
    let action = &admin.action;
    let store = existing(place.clone(), action.purpose())?;
    match action {
        Action::Spaces { by, most, json } => {
            let listing = if *by == Order::Size { Listing::Size } else { Listing::Age };
            let spaces = admin::list(&*store, listing, *most)?;
            say(if *json { listing::json(&spaces) } else { listing::table(&spaces) })?;
        }
        Action::Quota { space, size } => {
            admin::set_quota(&*store, *space, size.0).with_context(|| space.to_string())?;
        }
        Action::Close { space } => {
            admin::close(&*store, *space).with_context(|| space.to_string())?;
        }
        Action::Open { space } => {
            admin::open(&*store, *space).with_context(|| space.to_string())?;
        }
        Action::Delete { space, yes } => {
            if !yes {
                bail!(
                    "what this store has of the space would be gone, and comes back only from its devices: say that \
                     it is meant by --yes"
                );
            }
            admin::delete(&*store, *space).with_context(|| space.to_string())?;
        }
        Action::Copy { to, stopped, spaces } => {
            // While this has the lock, no relay begins to serve the file.
            let (_lock, is_stopped) = lock_to_copy(&place, *stopped)?;
            let to = place_of(to)?;
            if to.is_same(&place) {
                bail!("--to names the store that is copied from: name another one");
            }
            return copy(&*store, to, spaces, is_stopped);
        }
        Action::DropCopy { space } => {
            admin::drop_copy(&*store, *space).with_context(|| space.to_string())?;
        }
        Action::Backup { file, replace } => back_up(&place, file, *replace)?,
        Action::Check { spaces } => return check(&*store, spaces),
        Action::Vacuum => {
            let before = store.size()?;
            admin::vacuum(&store)?;
            let (before, after) = (listing::size(before), listing::size(store.size()?));
            say(format!("{before} before, {after} now\n"))?;
        }
    }
    Ok(true)
}

/// Opens a store that is there.
fn existing(place: Place, purpose: Purpose) -> Result<Arc<dyn Store>> {
    if let Place::File(file) = &place
        && !file.exists()
    {
        bail!("{} is not there: name the relay's store by --store", file.display());
    }
    Ok(open(place, CONNECTIONS, purpose)?.0)
}

fn back_up(place: &Place, to: &Path, replaces: bool) -> Result<()> {
    let Place::File(file) = place else {
        bail!("PostgreSQL makes backups of its own: use pg_dump, or archive its write-ahead log")
    };
    let store = SqliteReader::open(file).with_context(|| file.display().to_string())?;
    let earlier = if replaces { Earlier::Replace } else { Earlier::Keep };
    store.back_up(to, earlier).map_err(|error| {
        let is_of_store = matches!(error, BackupError::Store(StoreError::NotWhole));
        let at_fault = if is_of_store { file } else { to };
        anyhow!(error).context(at_fault.display().to_string())
    })
}

/// Locks the store that is copied from, if it is a file, and returns whether no relay runs on it.
fn lock_to_copy(place: &Place, is_said_to_be_stopped: bool) -> Result<(Option<Lock>, bool)> {
    let Place::File(file) = place else { return Ok((None, is_said_to_be_stopped)) };
    // Where this user may lock nothing, as in a folder that cannot be written, it is as --stopped says.
    let lock = try_lock(file).unwrap_or(Lock::Unknown);
    let is_stopped = match lock {
        Lock::Taken { .. } => true,
        Lock::InUse if is_said_to_be_stopped => bail!(
            "a relay runs on {}, whatever --stopped says: stop it, or close the spaces and leave --stopped out",
            file.display()
        ),
        Lock::InUse => false,
        Lock::Unknown => is_said_to_be_stopped,
    };
    Ok((Some(lock), is_stopped))
}

fn copy(from: &dyn Store, to: Place, named: &[SpaceId], is_stopped: bool) -> Result<bool> {
    let all = if named.is_empty() { admin::all(from)? } else { named.to_vec() };
    // Where nothing is copied, no store is made.
    for space in &all {
        admin::may_be_copied(from, *space, is_stopped).with_context(|| space.to_string())?;
    }
    let to = open(to, CONNECTIONS, Purpose::Fill)?.0;
    let (mut copied, mut differing) = (0, 0);
    for space in &all {
        match admin::copy(from, &*to, *space, is_stopped) {
            Ok(()) => copied += 1,
            Err(admin::CopyError::AlreadyThere) if named.is_empty() => {
                say(format!("{space} is there already\n"))?;
            }
            Err(error @ (admin::CopyError::Behind | admin::CopyError::Ahead)) => {
                differing += 1;
                say(format!("{space}: {error}\n"))?;
            }
            Err(error) => return Err(anyhow!(error).context(space.to_string())),
        }
    }
    let differ = if differing == 0 {
        String::new()
    } else {
        format!(", {} there already and not the same", Spaces(differing))
    };
    say(format!("{} copied{differ}\n", Spaces(copied)))?;
    Ok(differing == 0)
}

fn check(store: &dyn Store, named: &[SpaceId]) -> Result<bool> {
    let faults = if named.is_empty() { store.faults()? } else { vec![] };
    if faults.is_empty() {
        return check_spaces(store, named);
    }
    say(told_of_file(&faults))?;
    let checked = check_spaces(store, named);
    say("the file is damaged: put back a backup that is whole\n".to_owned())?;
    checked.map(|_| false)
}

/// Tells what is wrong with a file, of which the first faults say enough.
fn told_of_file(faults: &[String]) -> String {
    let lines: Vec<&str> = faults.iter().flat_map(|fault| fault.lines()).collect();
    let first = lines.iter().take(FAULTS_TOLD).map(|line| format!("the file: {line}\n"));
    let mut told: String = first.collect();
    if let more @ 1.. = lines.len().saturating_sub(FAULTS_TOLD) {
        told.push_str(&format!("the file: and {more} more\n"));
    }
    told
}

fn check_spaces(store: &dyn Store, named: &[SpaceId]) -> Result<bool> {
    let all = if named.is_empty() { admin::all(store)? } else { named.to_vec() };
    let mut damaged = 0;
    for space in &all {
        let wrong = admin::check(store, *space).with_context(|| space.to_string())?;
        damaged += usize::from(!wrong.is_empty());
        for wrong in wrong {
            say(format!("{space}: {wrong}\n"))?;
        }
    }
    say(format!("{} checked, {damaged} with something wrong\n", Spaces(all.len())))?;
    Ok(damaged == 0)
}

/// A number of spaces.
struct Spaces(usize);

impl fmt::Display for Spaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "space" } else { "spaces" })
    }
}

fn say(text: String) -> Result<()> {
    io::stdout().write_all(text.as_bytes()).context("the standard output cannot be written")
}

/// Reads the id of a space.
fn parse_space(text: &str) -> Result<SpaceId, String> {
    // A number may have a sign, too.
    let is_id = text.len() == 32 && text.bytes().all(|letter| letter.is_ascii_hexdigit());
    let id = u128::from_str_radix(text, 16).ok().filter(|_| is_id);
    let id = id.map(|id| SpaceId::from_bytes(id.to_be_bytes()));
    id.ok_or_else(|| {
        "an id has 32 hexadecimal digits, as `ara-relay admin spaces` lists it".to_owned()
    })
}

fn parse_own_quota(text: &str) -> Result<OwnQuota, String> {
    if text == "default" { Ok(OwnQuota(None)) } else { parse_quota(text).map(Some).map(OwnQuota) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_as_many_digits_as_it_is_listed_with() {
        let id = SpaceId::from_bytes(*b"0123456789abcdef");
        assert_eq!(parse_space(&id.to_string()), Ok(id));
        for text in ["", "1", "+0000000000000000000000000000001", &format!("{id}0")] {
            assert!(parse_space(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_a_damaged_file_the_first_faults_are_told() {
        let faults: Vec<String> = (0..4).map(|number| format!("Tree {number}\nis wrong")).collect();
        let told = told_of_file(&faults);
        assert_eq!(told.lines().count(), 6, "{told}");
        assert!(told.ends_with("the file: and 3 more\n"), "{told}");
        assert_eq!(told_of_file(&faults[..1]), "the file: Tree 0\nthe file: is wrong\n");
    }

    #[test]
    fn a_quota_is_a_size_or_that_of_all() {
        assert_eq!(parse_own_quota("default"), Ok(OwnQuota(None)));
        assert_eq!(parse_own_quota("5GB"), Ok(OwnQuota(Some(5 << 30))));
        assert!(parse_own_quota("5").is_err());
    }
}
