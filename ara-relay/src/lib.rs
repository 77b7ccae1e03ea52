//! The relay of ara's sync: a server through which devices keep equal databases, and which cannot read them.
//!
//! A relay keeps for each space a log of sealed segments, in the order in which they came, and the access log that says
//! who is a member. It checks what can be checked without a key: who signed, that who signed is a member, that each
//! segment follows the one before it of its node, and that its parts are whole. What is in them, it never sees.
//!
//! # To run it
//!
//! ```sh
//! cargo install ara-relay
//! ara-relay
//! ```
//!
//! This serves the devices of this machine at `http://127.0.0.1:4040`, and keeps everything in the file `ara-relay.db`
//! in the current folder. `ara-relay --help` explains what it takes to serve others: a reverse proxy that speaks https,
//! the URL by which they call it, and who may found a space there.
//!
//! # To embed it
//!
//! A [`Relay`] takes the body of a request and returns the answer. It knows no network, and takes time and randomness
//! from its [`RelayOptions`], so that a test can run it in its own process, with a clock of its own. A [`Server`]
//! puts it behind a listener, on tokio:
//!
//! ```
//! use std::sync::Arc;
//!
//! use ara_relay::{Relay, RelayOptions, SqliteStore, loopback_origins, serve};
//! use tokio::net::TcpListener;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let origins = loopback_origins(listener.local_addr()?.port());
//! let relay = Relay::new(SqliteStore::memory()?, RelayOptions { origins, ..RelayOptions::default() })?;
//! # async fn stopped() {}
//! serve(listener, Arc::new(relay), stopped()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`SqliteStore`] is in a file or in memory, and a [`PostgresStore`] is shared by any number of processes;
//! [`store::Store`] is what another one implements.
#![warn(missing_docs)]

pub mod admin;
mod options;
pub mod relay;
pub mod server;
pub mod store;
#[cfg(test)]
mod testing;

pub use options::{
    Admission, Clock, DEFAULT_QUOTA, Entropy, Rate, RelayOptions, loopback_origins, now_seconds,
};
pub use relay::{News, Relay, RelayAnswer, Subscription};
pub use server::{Server, ServerOptions, serve};
pub use store::Topic;
pub use store::postgres::PostgresStore;
pub use store::sqlite::{SqliteReader, SqliteStore};
