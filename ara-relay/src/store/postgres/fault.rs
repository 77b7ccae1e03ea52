//! What can go wrong with a database elsewhere, and what of that is worth another try.

use std::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::store::error::StoreError;
use crate::store::postgres::schema;
use crate::store::postgres::tls::{ENCRYPT, advice};

/// What went wrong, and whether it may go well another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) error: StoreError,
    pub(super) kind: Kind,
}

/// Whether a job is to be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It would fail again.
    Lasting,
    /// Another one was faster with something that this one was to make. Once repeated, the job finds it.
    Race,
    /// The database chose this transaction to be repeated, or the connection was lost. If it was lost while a commit was
    /// on its way, the commit may have been made: the job finds what it wrote, and writes it no second time.
    Passing,
    /// The transaction failed before, by what was told then.
    Aborted,
}

impl Fault {
    pub(super) const fn lasting(error: StoreError) -> Self {
        Self { error, kind: Kind::Lasting }
    }

    /// Returns the fault of those whose transaction ended by a fault of another job.
    pub(super) const fn broke_off() -> Self {
        Self { error: StoreError::BrokeOff, kind: Kind::Passing }
    }

    /// Says where it went wrong.
    pub(super) fn at(self, place: &str) -> Self {
        let error = match self.error {
            StoreError::Failed { reason } => {
                StoreError::Failed { reason: format!("{place}: {reason}") }
            }
            error => error,
        };
        Self { error, ..self }
    }

    pub(super) fn no_answer() -> Self {
        Self::lasting(StoreError::Failed { reason: "the database does not answer".to_owned() })
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error.code() {
            _ if advice(&error).is_some() => Kind::Lasting,
            Some(code) => kind_of(code),
            None if error.is_closed() => Kind::Passing,
            None => match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
                Some(broken) if broken.to_string() == NOT_WHOLE => Kind::Lasting,
                Some(_) => Kind::Passing,
                None => Kind::Lasting,
            },
        };
        Self { error: StoreError::from(&error), kind }
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                error.into()
            }
            PoolError::Timeout(_) => Self::lasting(StoreError::Failed {
                reason: "no connection to the database became free in time".to_owned(),
            }),
            _ => Self::lasting(StoreError::BrokeOff),
        }
    }
}

impl From<&Error> for StoreError {
    fn from(error: &Error) -> Self {
        if error.code() == Some(&SqlState::DISK_FULL) {
            return Self::Full;
        }
        // What the database says of values, its detail, is left out.
        let reason = match (error.as_db_error(), error.source()) {
            _ if let Some(advice) = advice(error) => advice.to_owned(),
            (Some(said), _) if is_unencrypted(said) => format!("{}: {ENCRYPT}", said.message()),
            (Some(said), _) => {
                let advice =
                    advice_for(said).map_or_else(String::new, |advice| format!(": {advice}"));
                format!("{} ({}){advice}", said.message(), said.code().code())
            }
            (None, Some(source)) if source.to_string() == NOT_WHOLE => NO_POSTGRES.to_owned(),
            (None, Some(source)) => source.to_string(),
            (None, None) => error.to_string(),
        };
        Self::Failed { reason }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// What the driver says if who answers closes the connection in the middle of what would be a message.
const NOT_WHOLE: &str = "bytes remaining on stream";

const NO_POSTGRES: &str = "who answers there breaks off, or does not speak as PostgreSQL does: check the host and the port \
    of the URL, and write what is special in a password as % and two digits, such as %40 for @";

/// Returns what is to be done about what a database says.
fn advice_for(said: &DbError) -> Option<&'static str> {
    match *said.code() {
        SqlState::INVALID_PASSWORD => Some(
            "check the user and the password of the URL, in which what is special is written as % and two digits, \
             such as %40 for @",
        ),
        // It is said in the language of the database, with the name of what it is about.
        SqlState::INSUFFICIENT_PRIVILEGE if schema::names_table(said.message()) => Some(
            "connect as the user who has made the tables, or make the one of the URL their owner",
        ),
        SqlState::INSUFFICIENT_PRIVILEGE => Some(
            "let the user of the URL make tables there by GRANT CREATE, USAGE ON SCHEMA public TO that user, or make it \
             the owner of the database",
        ),
        SqlState::INVALID_CATALOG_NAME => {
            Some("make it first, as by createdb, or name another one")
        }
        _ => None,
    }
}

/// Returns whether a database refuses a connection as it is not encrypted.
fn is_unencrypted(said: &DbError) -> bool {
    *said.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        && said.message().ends_with("no encryption")
}

fn kind_of(code: &SqlState) -> Kind {
    match *code {
        SqlState::IN_FAILED_SQL_TRANSACTION => Kind::Aborted,
        SqlState::UNIQUE_VIOLATION => Kind::Race,
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW => Kind::Passing,
        // Transactions that are to be repeated, and connections that were lost.
        _ if code.code().starts_with("40") || code.code().starts_with("08") => Kind::Passing,
        _ => Kind::Lasting,
    }
}
