//! What the relay answers.

use crate::bytes::{Reader, put_blob, put_count};
use crate::error::{Error, Result};
use crate::message::sync::read_blobs;

const VERSION: u8 = 1;
const WHAT: &str = "relay's answer";

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The challenge for the next request, or nothing.
    pub challenge: Vec<u8>,
    /// What was asked for, or why it is refused.
    pub outcome: Result<Vec<u8>, Refusal>,
}

/// Why a relay refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The challenge is missing, is not this relay's, or has expired. The answer has another.
    ChallengeNeeded,
    /// The signature is wrong, or the request was signed for a relay of another origin.
    WrongSignature,
    /// The relay does not know the space, or does not know who signed as a member of it.
    Unknown,
    /// The space has moved to another relay. The access log says to which.
    Moved,
    /// A member has deleted the space here, for ever.
    Deleted {
        /// The request that did, with the origin that it was signed for, so that anybody can check it.
        audience: String,
        /// The bytes of the signed request.
        request: Vec<u8>,
        /// The access log, which shows that a member signed it.
        records: Vec<Vec<u8>>,
    },
    /// There is no room for more in this space.
    Full {
        /// How many bytes it has.
        used: u64,
        /// How many it may have.
        limit: u64,
    },
    /// A new space needs a token here.
    AdmissionNeeded,
    /// There were too many requests.
    Limited {
        /// After how many seconds another is taken.
        retry_after: u32,
    },
    /// The request is larger than the relay takes.
    TooLarge,
    /// The request cannot be read.
    Malformed,
    /// The request is of a newer version than the relay knows.
    UpdateNeeded,
    /// Whoever runs the relay has closed the space.
    Closed,
    /// The relay cannot answer now.
    Busy,
    /// The disk of the relay is full, so that it takes nothing, of any space. What is there can be read.
    DiskFull,
}

impl Refusal {
    /// Returns the status of HTTP that goes with it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::ChallengeNeeded | Self::WrongSignature => 401,
            Self::Unknown | Self::AdmissionNeeded | Self::Closed => 403,
            Self::Moved => 421,
            Self::Deleted { .. } => 410,
            Self::Full { .. } | Self::DiskFull => 507,
            Self::Limited { .. } => 429,
            Self::TooLarge => 413,
            Self::Malformed => 400,
            Self::UpdateNeeded => 426,
            Self::Busy => 503,
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.push(match self {
            Self::ChallengeNeeded => 1,
            Self::WrongSignature => 2,
            Self::Unknown => 3,
            Self::Moved => 4,
            Self::Deleted { .. } => 5,
            Self::Full { .. } => 6,
            Self::AdmissionNeeded => 7,
            Self::Limited { .. } => 8,
            Self::TooLarge => 9,
            Self::Malformed => 10,
            Self::UpdateNeeded => 11,
            Self::Closed => 12,
            Self::Busy => 13,
            Self::DiskFull => 14,
        });
        match self {
            Self::Deleted { audience, request, records } => {
                put_blob(bytes, audience.as_bytes(), WHAT)?;
                put_blob(bytes, request, WHAT)?;
                put_count(bytes, records.len(), WHAT)?;
                records.iter().try_for_each(|record| put_blob(bytes, record, WHAT))?;
            }
            Self::Full { used, limit } => {
                bytes.extend([used, limit].iter().flat_map(|number| number.to_be_bytes()));
            }
            Self::Limited { retry_after } => bytes.extend(retry_after.to_be_bytes()),
            _ => {}
        }
        Ok(())
    }

    fn read(code: u8, reader: &mut Reader<'_>) -> Result<Self> {
        Ok(match code {
            1 => Self::ChallengeNeeded,
            2 => Self::WrongSignature,
            3 => Self::Unknown,
            4 => Self::Moved,
            5 => {
                let audience = std::str::from_utf8(reader.blob()?);
                Self::Deleted {
                    audience: audience.map_err(|_| reader.malformed())?.to_owned(),
                    request: reader.blob()?.to_vec(),
                    records: read_blobs(reader)?,
                }
            }
            6 => Self::Full { used: reader.u64()?, limit: reader.u64()? },
            7 => Self::AdmissionNeeded,
            8 => Self::Limited { retry_after: reader.u32()? },
            9 => Self::TooLarge,
            10 => Self::Malformed,
            11 => Self::UpdateNeeded,
            12 => Self::Closed,
            13 => Self::Busy,
            14 => Self::DiskFull,
            _ => return Err(Error::UpdateNeeded { what: WHAT }),
        })
    }
}

impl Answer {
    /// Returns the bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if the challenge has more than 255 bytes, or something else more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let length = u8::try_from(self.challenge.len());
        let mut bytes = vec![VERSION, length.map_err(|_| Error::TooLarge { what: WHAT })?];
        bytes.extend(&self.challenge);
        match &self.outcome {
            Ok(content) => {
                bytes.push(0);
                bytes.extend(content);
            }
            Err(refusal) => refusal.write(&mut bytes)?,
        }
        Ok(bytes)
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UpdateNeeded`] if its version is a newer one, and [`Error::Malformed`] if the bytes are
    /// not an answer.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        reader.version(VERSION)?;
        let length = reader.u8()?;
        let challenge = reader.slice(length.into())?.to_vec();
        let outcome = match reader.u8()? {
            0 => Ok(reader.rest().to_vec()),
            code => Err(Refusal::read(code, &mut reader)?),
        };
        reader.end()?;
        Ok(Self { challenge, outcome })
    }
}
