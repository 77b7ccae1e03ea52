//! A request with its signature.

use crate::bytes::Reader;
use crate::error::{Error, Result};
use crate::ids::SpaceId;
use crate::keys::{MemberKey, SecretKeys};
use crate::message::Endpoint;
use crate::request::{Request, RequestSignature, hash_body};

const VERSION: u8 = 1;
const METHOD: &str = "POST";
const WHAT: &str = "request";
const SIGNATURE: usize = 97;

/// A request that was read, and whose signature is still to be [checked](Self::verify).
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    challenge: &'a [u8],
    signature: RequestSignature,
    space: SpaceId,
    content: &'a [u8],
}

impl<'a> SignedRequest<'a> {
    /// Signs a request, and returns its bytes. `audience` is the [origin](crate::request::origin) of the
    /// relay's URL.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if the challenge has more than 255 bytes.
    pub fn sign(
        endpoint: Endpoint,
        audience: &str,
        challenge: &[u8],
        content: &[u8],
        keys: &SecretKeys,
    ) -> Result<Vec<u8>> {
        let length = u8::try_from(challenge.len()).map_err(|_| Error::TooLarge { what: WHAT })?;
        let body = hash_body(content);
        let (method, path) = (METHOD, endpoint.path());
        let signature = Request { audience, method, path, body, challenge }.sign(keys)?;
        let mut bytes = Vec::with_capacity(2 + challenge.len() + SIGNATURE + content.len());
        bytes.extend([VERSION, length]);
        bytes.extend(challenge);
        bytes.extend(signature.to_bytes());
        bytes.extend(content);
        Ok(bytes)
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UpdateNeeded`] if its version is a newer one, and [`Error::Malformed`] or
    /// [`Error::WeakKey`] if the bytes are not a request.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        reader.version(VERSION)?;
        let length = reader.u8()?;
        let challenge = reader.slice(length.into())?;
        let signature = RequestSignature::read(reader.slice(SIGNATURE)?)?;
        let content = reader.rest();
        let (space, _) = content.split_first_chunk().ok_or(reader.malformed())?;
        Ok(Self { challenge, signature, space: SpaceId::from_bytes(*space), content })
    }

    /// Returns the challenge that was signed.
    #[must_use]
    pub const fn challenge(&self) -> &'a [u8] {
        self.challenge
    }

    /// Returns which space it is about, before the content is read: the first 16 bytes of it.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns the content, which is one of the requests of this module.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Checks the signature, and returns whose it is.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WrongSignature`] if it is not of this request to this relay.
    pub fn verify(&self, endpoint: Endpoint, audience: &str) -> Result<MemberKey> {
        self.signature.verify(&Request {
            audience,
            method: METHOD,
            path: endpoint.path(),
            body: hash_body(self.content),
            challenge: self.challenge,
        })
    }
}

/// A request that says nothing but which space it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceRequest {
    /// The space, or zeros if it is about none.
    pub space: SpaceId,
}

impl SpaceRequest {
    /// Returns the content.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        self.space.as_bytes().to_vec()
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let space = SpaceId::from_bytes(reader.array()?);
        reader.end()?;
        Ok(Self { space })
    }
}
