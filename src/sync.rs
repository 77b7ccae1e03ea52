//! Devices that keep equal databases through a relay, which cannot read them. With the feature `sync`.
//!
//! A **relay** is a server that stores and passes on what devices send each other, sealed. What is synced together is a
//! **space**: the first device founds it, others join by a code, and a database file is in one at most. The client is
//! synchronous, and works in two threads of a [`Session`].
//!
//! ```no_run
//! use ara::prelude::*;
//!
//! #[derive(Table)]
//! struct Todo { id: Id<Todo>, title: Option<String> }
//! ara::schema! { App: Todo }
//!
//! // The first device.
//! let db = Database::open("todo.db")?;
//! let session = db.sync::<App>("https://relay.example").device_name("Laptop").start()?;
//! let invitation = session.invite()?;
//! println!("{}\n{}", invitation.code(), invitation.qr());
//! let mut request = invitation.wait(std::time::Duration::from_secs(600))?;
//! println!("{} wants in", request.name());
//! # let typed = "";
//! request.accept(typed)?;
//!
//! // Another one.
//! # let code = "";
//! let db = Database::open("todo.db")?;
//! let joining = ara::sync::join("https://relay.example", code).device_name("Pixel 9").begin()?;
//! println!("{}", joining.digits());          // are typed on the first device, and confirmed here
//! let session = joining.finish::<App>(&db)?;
//! # Ok::<(), ara::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`Syncing`] | `db.sync::<App>(url)`, where it begins, and `db.space()`: it is in the prelude |
//! | [`Session`] | a database that is being synced |
//! | [`Status`], [`StatusWatch`] | what a screen shows |
//! | [`Invitation`], [`join`] | letting another device in |
//! | [`recover`] | bringing everything back by the recovery words |
//! | [`KeyStore`] | where the keys of a device are kept |

#[cfg(feature = "keyring")]
pub use ara_sync::Keychain;
pub use ara_sync::{
    Alarm, Cancel, Connection, Device, DeviceId, FileKeyStore, Invitation, Join, JoinRequest,
    Joining, KeptKeys, KeyStore, MemoryKeyStore, QrCode, Quota, Recover, Recovery, RecoveryWords,
    RemovalPlan, SendProgress, Session, Space, SpaceId, Status, StatusWatch, Statuses, SyncBuilder,
    SyncProgress, Syncing, Who, join, recover,
};
