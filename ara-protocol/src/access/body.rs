//! What a record says, by its kind.

use crate::access::WHAT;
use crate::access::grant::{Grant, read_ascending, write_count};
use crate::bytes::{Reader, put_text};
use crate::epoch::WrappedKey;
use crate::error::{Error, Result};
use crate::ids::SpaceId;
use crate::keys::{MemberKey, PublicKeys, Signature};

/// The longest URL of a relay.
const LONGEST_URL: u16 = 2048;

/// What a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<'a> {
    /// The space was founded by this device.
    Founded {
        /// The device.
        device: MemberKey,
        /// The space that it succeeds.
        succeeds: Option<SpaceId>,
    },
    /// A device is a member from now on.
    Added {
        /// The device.
        device: PublicKeys,
    },
    /// Members are out.
    Removed {
        /// Who they are, in the order of their keys.
        members: &'a [MemberKey],
    },
    /// There is a new epoch for the same members.
    Rotated,
    /// There are recovery words from now on, or others than before.
    RecoverySet {
        /// The member that they are.
        recovery: PublicKeys,
    },
    /// The space moved to another relay.
    Moved {
        /// Its URL.
        relay: &'a str,
    },
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Genesis { seed: [u8; 32], agreement: [u8; 32], succeeds: Option<SpaceId>, wrapped: WrappedKey },
    Add { device: PublicKeys, wrapped: WrappedKey },
    Remove { out: Vec<MemberKey>, grant: Grant },
    Rotate { grant: Grant },
    Recovery { recovery: PublicKeys, consent: Signature, key: RecoveryKey },
    Moved { relay: String },
}

/// How the recovery member gets the epoch's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecoveryKey {
    /// It is the first one, and gets the key that there is.
    First(WrappedKey),
    /// It replaces another, so there is a new epoch.
    Replaces(Grant),
}

impl Body {
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Genesis { .. } => 1,
            Self::Add { .. } => 2,
            Self::Remove { .. } => 3,
            Self::Rotate { .. } => 4,
            Self::Recovery { .. } => 5,
            Self::Moved { .. } => 6,
        }
    }

    pub(super) fn read(kind: u8, reader: &mut Reader<'_>) -> Result<Self> {
        Ok(match kind {
            1 => Self::Genesis {
                seed: reader.array()?,
                agreement: reader.array()?,
                succeeds: match reader.flag()? {
                    true => Some(SpaceId::from_bytes(reader.array()?)),
                    false => None,
                },
                wrapped: WrappedKey::read(reader)?,
            },
            2 => {
                Self::Add { device: PublicKeys::read(reader)?, wrapped: WrappedKey::read(reader)? }
            }
            3 => {
                let out = read_ascending(reader, |_, _| Ok(()))?;
                if out.is_empty() {
                    return Err(reader.malformed());
                }
                Self::Remove { out, grant: Grant::read(reader)? }
            }
            4 => Self::Rotate { grant: Grant::read(reader)? },
            5 => Self::Recovery {
                recovery: PublicKeys::read(reader)?,
                consent: Signature::from_bytes(reader.array()?),
                key: match reader.flag()? {
                    true => RecoveryKey::Replaces(Grant::read(reader)?),
                    false => RecoveryKey::First(WrappedKey::read(reader)?),
                },
            },
            6 => {
                let relay = reader.text()?;
                check_url(relay)?;
                Self::Moved { relay: relay.to_owned() }
            }
            0 => return Err(reader.malformed()),
            _ => return Err(Error::UpdateNeeded { what: WHAT }),
        })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Genesis { seed, agreement, succeeds, wrapped } => {
                bytes.extend(seed);
                bytes.extend(agreement);
                bytes.push(succeeds.is_some().into());
                bytes.extend(succeeds.iter().flat_map(SpaceId::as_bytes));
                bytes.extend(wrapped.as_bytes());
            }
            Self::Add { device, wrapped } => {
                bytes.extend(device.to_bytes());
                bytes.extend(wrapped.as_bytes());
            }
            Self::Remove { out, grant } => {
                write_count(bytes, out.len())?;
                bytes.extend(out.iter().flat_map(MemberKey::as_bytes));
                grant.write(bytes)?;
            }
            Self::Rotate { grant } => grant.write(bytes)?,
            Self::Recovery { recovery, consent, key } => {
                bytes.extend(recovery.to_bytes());
                bytes.extend(consent.as_bytes());
                match key {
                    RecoveryKey::First(wrapped) => {
                        bytes.push(0);
                        bytes.extend(wrapped.as_bytes());
                    }
                    RecoveryKey::Replaces(grant) => {
                        bytes.push(1);
                        grant.write(bytes)?;
                    }
                }
            }
            Self::Moved { relay } => {
                check_url(relay)?;
                put_text(bytes, relay, LONGEST_URL, "relay's URL")?;
            }
        }
        Ok(())
    }

    pub(super) fn change(&self, author: MemberKey) -> Change<'_> {
        match self {
            Self::Genesis { succeeds, .. } => {
                Change::Founded { device: author, succeeds: *succeeds }
            }
            Self::Add { device, .. } => Change::Added { device: *device },
            Self::Remove { out, .. } => Change::Removed { members: out },
            Self::Rotate { .. } => Change::Rotated,
            Self::Recovery { recovery, .. } => Change::RecoverySet { recovery: *recovery },
            Self::Moved { relay } => Change::Moved { relay },
        }
    }
}

/// Refuses what cannot be a relay's URL, or could show as something else on a screen.
fn check_url(url: &str) -> Result<()> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let is_short = url.len() <= LONGEST_URL.into();
    if has_host && is_plain && is_short { Ok(()) } else { Err(Error::RelayUrl) }
}
