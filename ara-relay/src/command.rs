//! The command `ara-relay admin`: what an operator does with a store.

mod listing;

use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use ara_protocol::SpaceId;
use ara_relay::store::{Listing, Store};
use ara_relay::{SqliteStore, admin};
use clap::{Args, Subcommand, ValueEnum};

use crate::lock;
use crate::place::{Place, open, place_of};
use crate::size::parse_quota;

/// How many connections to PostgreSQL a command has.
const CONNECTIONS: usize = 2;

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

    /// Copies spaces into another store, and checks what was copied.
    ///
    /// A file of SQLite with one space in it is an export, and copying from it is an import. A space must not change
    /// meanwhile: close it first, or stop the relay. A space that was closed is closed in the copy, too. A copy that broke
    /// off goes on if the same is run again; until it is whole, the space is not served there.
    Copy {
        /// Where to: a file of SQLite, or the URL of a database of PostgreSQL, as --store has it.
        #[arg(long, value_name = "STORE", env = "ARA_RELAY_TO", hide_env_values = true)]
        to: std::ffi::OsString,

        /// Says that no relay runs on the store. Of a file this is seen without it.
        #[arg(long)]
        stopped: bool,

        /// The ids of the spaces. Without any, all are copied that are not there yet.
        #[arg(value_name = "SPACE", value_parser = parse_space)]
        spaces: Vec<SpaceId>,
    },

    /// Drops what a copy has left that broke off and is not to go on.
    ///
    /// A space that is whole is left alone.
    DropCopy {
        /// The id of the space, as `spaces` lists it: one that is `arriving`.
        #[arg(value_parser = parse_space)]
        space: SpaceId,
    },

    /// Checks spaces, and exits with 1 if something is wrong. It changes nothing.
    ///
    /// It reads all of them: hash chains, heads and their signatures, parts, the order of segments, access logs by the
    /// rules of the protocol, and slots.
    Check {
        /// The ids of the spaces. Without any, all are checked.
        #[arg(value_name = "SPACE", value_parser = parse_space)]
        spaces: Vec<SpaceId>,
    },

    /// Copies the whole file, as it is now, into a new one, also while the relay runs.
    ///
    /// The copy is a store like the file itself: to restore it is to put it in its place while no relay runs. Of a
    /// database of PostgreSQL, backups are its own.
    Backup {
        /// The file to write, which must not be there.
        file: PathBuf,
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

/// Does what an operator says, and returns whether nothing was found wrong.
pub(crate) fn run(admin: &Admin, place: Place, quota: u64) -> Result<bool> {
    let is_locked = |place: &Place| match place {
        Place::File(file) => lock::lock(file).map(Some),
        Place::Postgres(_) => Ok(None),
    };
    let store = existing(place.clone())?;
    match &admin.action {
        Action::Spaces { by, most, json } => {
            let listing = if *by == Order::Size { Listing::Size } else { Listing::Age };
            let spaces = admin::list(&*store, listing, *most)?;
            say(if *json { listing::json(&spaces) } else { listing::table(&spaces, quota) })?;
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
        Action::Copy { to, stopped, spaces } => {
            // While this has the lock, no relay begins to serve the file.
            let lock = is_locked(&place);
            let is_stopped = *stopped || matches!(lock, Ok(Some(_)));
            let to = open(place_of(to), CONNECTIONS)?.0;
            return copy(&*store, &*to, spaces, is_stopped);
        }
        Action::DropCopy { space } => {
            admin::drop_copy(&*store, *space).with_context(|| space.to_string())?;
        }
        Action::Backup { file } => match place {
            Place::File(store) => SqliteStore::open(store)?
                .back_up(file)
                .with_context(|| file.display().to_string())?,
            Place::Postgres(_) => {
                bail!(
                    "PostgreSQL makes backups of its own: use pg_dump, or archive its write-ahead log"
                )
            }
        },
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
fn existing(place: Place) -> Result<Arc<dyn Store>> {
    if let Place::File(file) = &place
        && !file.exists()
    {
        bail!("{} is not there: name the relay's store by --store", file.display());
    }
    Ok(open(place, CONNECTIONS)?.0)
}

fn copy(from: &dyn Store, to: &dyn Store, named: &[SpaceId], is_stopped: bool) -> Result<bool> {
    let all = if named.is_empty() { admin::all(from)? } else { named.to_vec() };
    let mut copied = 0;
    for space in &all {
        match admin::copy(from, to, *space, is_stopped) {
            Ok(()) => copied += 1,
            Err(admin::CopyError::AlreadyThere) if named.is_empty() => {
                say(format!("{space} is there already\n"))?;
            }
            Err(error) => return Err(anyhow!(error).context(space.to_string())),
        }
    }
    say(format!("{} copied\n", Spaces(copied)))?;
    Ok(true)
}

fn check(store: &dyn Store, named: &[SpaceId]) -> Result<bool> {
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
    fn a_quota_is_a_size_or_that_of_all() {
        assert_eq!(parse_own_quota("default"), Ok(OwnQuota(None)));
        assert_eq!(parse_own_quota("5GB"), Ok(OwnQuota(Some(5 << 30))));
        assert!(parse_own_quota("5").is_err());
    }
}
