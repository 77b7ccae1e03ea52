//! The ids by which things name each other.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// Makes the id of its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

id!(
    /// The id of a space: what is synced together.
    SpaceId, 16
);
id!(
    /// The id of an epoch: it is derived from the epoch's key, and tells which key opens a box.
    EpochId, 16
);
id!(
    /// The id of a node: all that was written to one database file.
    NodeId, 16
);
id!(
    /// The SHA-256 of a record of the access log.
    RecordHash, 32
);
id!(
    /// The id of a segment.
    SegmentId, 32
);
id!(
    /// The id of a mailbox, through which two devices pair.
    MailboxId, 16
);
