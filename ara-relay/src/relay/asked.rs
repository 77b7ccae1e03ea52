//! A request whose signature was checked.

use std::net::IpAddr;

use ara_protocol::keys::MemberKey;
use ara_protocol::message::SignedRequest;
use ara_protocol::{Result, SpaceId};

use crate::store::Topic;

/// A request whose signature was checked. Whether who signed may ask is still open.
pub(super) struct Asked<'a> {
    request: SignedRequest<'a>,
    /// All bytes of it.
    pub(super) body: &'a [u8],
    /// The address that it came from, if that is to be limited.
    pub(super) peer: Option<IpAddr>,
    /// Who signed it.
    pub(super) signer: MemberKey,
    /// The origin that it was signed for.
    pub(super) audience: String,
}

impl<'a> Asked<'a> {
    pub(super) const fn new(
        request: SignedRequest<'a>,
        (body, peer): (&'a [u8], Option<IpAddr>),
        signer: MemberKey,
        audience: String,
    ) -> Self {
        Self { request, body, peer, signer, audience }
    }

    /// Which space it is about.
    pub(super) const fn space(&self) -> SpaceId {
        self.request.space()
    }

    /// The space as what a job is about.
    pub(super) const fn topic(&self) -> Option<Topic> {
        Some(Topic::Space(self.request.space()))
    }

    /// What it asks.
    pub(super) const fn content(&self) -> &'a [u8] {
        self.request.content()
    }
}

/// Reads a request, of which nothing is checked yet.
pub(super) fn read(body: &[u8]) -> Result<SignedRequest<'_>> {
    SignedRequest::read(body)
}
