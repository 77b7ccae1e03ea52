//! The handles that an app holds: databases, transactions and subscriptions, and the writer behind them.

pub(crate) mod ahead;
pub(crate) mod due;
pub(crate) mod ensure;
pub(crate) mod fresh;
pub(crate) mod handle;
pub(crate) mod moved_file;
pub(crate) mod options;
pub(crate) mod source;
pub(crate) mod subscription;
pub(crate) mod transaction;
pub(crate) mod writer;
