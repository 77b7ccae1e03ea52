//! The URL of a database: where it is, and how it is spoken to.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::tls::{Check, connector};

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// How long a job waits for a connection that is free.
const POOL_PATIENCE: Duration = Duration::from_secs(20);

/// How long the other side may leave packets unconfirmed.
const NETWORK_PATIENCE: Duration = Duration::from_secs(15);

/// Where a database listens if the URL does not say.
const PORT: u16 = 5432;

/// How a URL is written.
const FORM: &str = "write postgres://USER:PASSWORD@HOST/DATABASE, and what is special in a password as % and two digits, \
    such as %40 for @";

/// What each connection sets. Who stops in the middle of a transaction, such as a process that is halted, loses it before
/// others have waited for too long. What a database does not know of this is left out.
const SETTINGS: &[&str] = &[
    "SET idle_in_transaction_session_timeout = '5s'",
    "SET lock_timeout = '15s'",
    "SET statement_timeout = '30s'",
];

/// Where a database is. What it shows of itself has no password.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a URL.
    pub(super) fn read(url: &str) -> Result<Self> {
        refuse_special(url)?;
        let (url, taken) = take_parameters(url)?;
        // What is wrong is told without the URL, which has a password.
        let config = Config::from_str(&url);
        let mut config = config.map_err(|_| {
            invalid(format!("it has a parameter or a form that is unknown; {FORM}"))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(invalid(format!("it names no host; {FORM}")));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(NETWORK_PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("ara-relay");
        }
        let check = match taken.mode.as_deref() {
            None | Some("disable") if taken.roots.is_none() => None,
            None | Some("disable") => return Err(invalid("sslrootcert needs sslmode=verify-full")),
            // Who names authorities means them to be asked.
            Some("require") if taken.roots.is_none() => Some(Check::Nothing),
            Some("require" | "verify-ca") => Some(Check::Authority),
            Some("verify-full") => Some(Check::Name),
            Some(_) => {
                return Err(invalid(
                    "sslmode is one of disable, require, verify-ca and verify-full",
                ));
            }
        };
        let tls = check.map(|check| connector(check, taken.roots.as_deref())).transpose()?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }

    /// Makes the connections.
    pub(super) fn pool(&self, size: usize) -> Result<Pool> {
        let options = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &self.tls {
            Some(tls) => Manager::from_config(self.config.clone(), tls.clone(), options),
            None => Manager::from_config(self.config.clone(), NoTls, options),
        };
        let prepare = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move {
                for setting in SETTINGS {
                    match client.batch_execute(setting).await {
                        Err(error) if error.as_db_error().is_none() => {
                            return Err(HookError::Backend(error));
                        }
                        _ => {}
                    }
                }
                Ok(())
            })
        });
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_PATIENCE))
            .create_timeout(Some(POOL_PATIENCE))
            .post_create(prepare)
            .build();
        pool.map_err(|error| StoreError::Failed { reason: error.to_string() })
    }
}

/// The host and the database, for who reads where the data is.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.config.get_hosts().first().map_or_else(
            || "a host".to_owned(),
            |host| match host {
                Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            },
        );
        let name = self.config.get_dbname().or(self.config.get_user()).unwrap_or("postgres");
        let port = self.config.get_ports().first().copied().unwrap_or(PORT);
        write!(f, "the PostgreSQL database {name} at {host}:{port}")
    }
}

/// What is read of a URL before the driver reads it, which knows other values.
#[derive(Default)]
struct Taken {
    mode: Option<String>,
    roots: Option<String>,
}

/// Refuses a URL in which the password must be what ends it too early: the rest would be read as the host, and shown.
fn refuse_special(url: &str) -> Result<()> {
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    if before.matches('@').count() > 1 || query.contains('@') {
        return Err(invalid(format!("it has an @ too many; {FORM}")));
    }
    Ok(())
}

fn take_parameters(url: &str) -> Result<(String, Taken)> {
    let Some((before, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), Taken::default()));
    };
    let mut taken = Taken::default();
    let mut rest = vec![];
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", mode)) => taken.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => taken.roots = Some(decoded(path)?),
            _ => rest.push(parameter),
        }
    }
    Ok((format!("{before}?{}", rest.join("&")), taken))
}

/// Reads a value in which `%2F` is a slash.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = text.bytes();
    let mut read = vec![];
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let digits = [bytes.next(), bytes.next()].map(|digit| digit.map(char::from));
            let digits = digits.map(|digit| digit.and_then(|digit| digit.to_digit(16)));
            let [Some(high), Some(low)] = digits else { return Err(invalid("a % has no number")) };
            u8::try_from(high * 16 + low).unwrap_or_default()
        } else {
            byte
        };
        read.push(byte);
    }
    String::from_utf8(read).map_err(|_| invalid("a parameter is no text"))
}

pub(super) fn invalid(why: impl Into<String>) -> StoreError {
    StoreError::WrongAddress { why: why.into() }
}
