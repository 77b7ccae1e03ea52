//! What a request signs.

use crate::bytes::{Reader, hash, put_text};
use crate::error::{Error, Result};
use crate::keys::{Label, MemberKey, SecretKeys, Signature};

const VERSION: u8 = 1;
const SIZE: usize = 1 + 32 + 64;
const WHAT: &str = "request";

/// What is signed of a request. Both sides fill it by themselves: the relay from what came.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The [origin](crate::request::origin) of the relay's URL.
    pub audience: &'a str,
    /// The method, such as `POST`.
    pub method: &'a str,
    /// The path, with its query.
    pub path: &'a str,
    /// The [hash](hash_body) of the body.
    pub body: [u8; 32],
    /// The challenge that the relay made.
    pub challenge: &'a [u8],
}

/// Returns the SHA-256 of a request's body. A request without one has an empty body.
#[must_use]
pub fn hash_body(body: &[u8]) -> [u8; 32] {
    hash(&[], &[body])
}

impl Request<'_> {
    /// Signs the request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if a text or the challenge has more than 65,535 bytes.
    pub fn sign(&self, member: &SecretKeys) -> Result<RequestSignature> {
        let signature = member.sign(Label::Request, &self.signed()?);
        Ok(RequestSignature { member: member.public().member(), signature })
    }

    fn signed(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![VERSION];
        for text in [self.audience, self.method, self.path] {
            put_text(&mut bytes, text, u16::MAX, WHAT)?;
        }
        bytes.extend(self.body);
        let length = u16::try_from(self.challenge.len());
        bytes.extend(length.map_err(|_| Error::TooLarge { what: WHAT })?.to_be_bytes());
        bytes.extend(self.challenge);
        Ok(bytes)
    }
}

/// The signature of a request, and who says that it is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSignature {
    member: MemberKey,
    signature: Signature,
}

impl RequestSignature {
    /// Reads a signature. It is not checked yet.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UpdateNeeded`] if its version is a newer one, and [`Error::Malformed`] or
    /// [`Error::WeakKey`] if the bytes are not a signature.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        reader.version(VERSION)?;
        let member = MemberKey::read(&mut reader)?;
        let signature = Signature::from_bytes(reader.array()?);
        reader.end()?;
        Ok(Self { member, signature })
    }

    /// Returns the bytes, which are what is sent.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SIZE] {
        let mut bytes = [VERSION; SIZE];
        let fields = self.member.as_bytes().iter().chain(self.signature.as_bytes());
        bytes.iter_mut().skip(1).zip(fields).for_each(|(byte, field)| *byte = *field);
        bytes
    }

    /// Returns who says that the signature is theirs, to be looked up before it is checked.
    #[must_use]
    pub const fn claimed_member(&self) -> MemberKey {
        self.member
    }

    /// Checks the signature, and returns whose it is. Whether that is a member is for the caller to check.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WrongSignature`] if it is not of this request, and [`Error::TooLarge`] if that
    /// cannot be signed.
    pub fn verify(&self, request: &Request<'_>) -> Result<MemberKey> {
        self.member.verify(Label::Request, &request.signed()?, &self.signature)?;
        Ok(self.member)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Fixed, assert_only_whole};

    fn request() -> Request<'static> {
        Request {
            audience: "https://relay.example",
            method: "POST",
            path: "/v1/sync",
            body: hash_body(b"hello"),
            challenge: &[7; 40],
        }
    }

    #[test]
    fn only_the_whole_signature_counts() -> Result<()> {
        let keys = SecretKeys::generate(&mut Fixed::new(1));
        let signature = request().sign(&keys)?;
        assert_eq!(signature.verify(&request())?, keys.public().member());
        assert_only_whole(&signature.to_bytes(), |bytes| {
            RequestSignature::read(bytes)
                .is_ok_and(|signature| signature.verify(&request()).is_ok())
        });
        Ok(())
    }

    #[test]
    fn it_counts_for_its_request_only() -> Result<()> {
        let keys = SecretKeys::generate(&mut Fixed::new(1));
        let signature = request().sign(&keys)?;
        for other in [
            Request { audience: "https://relay.example:4040", ..request() },
            Request { method: "GET", ..request() },
            Request { path: "/v1/sync?", ..request() },
            Request { body: hash_body(b""), ..request() },
            Request { challenge: &[8; 40], ..request() },
            Request { challenge: &[7; 39], ..request() },
            // What moves from one field into the next.
            Request { audience: "https://relay.exampleP", method: "OST", ..request() },
        ] {
            assert_eq!(signature.verify(&other), Err(Error::WrongSignature { what: WHAT }));
        }
        let long = "a".repeat(65_536);
        let too_large = Err(Error::TooLarge { what: WHAT });
        assert_eq!(Request { path: &long, ..request() }.sign(&keys), too_large);
        assert_eq!(Request { challenge: long.as_bytes(), ..request() }.sign(&keys), too_large);
        Ok(())
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            prop_assert!(RequestSignature::read(&bytes).is_err());
        }
    }
}
