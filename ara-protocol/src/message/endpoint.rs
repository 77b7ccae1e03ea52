//! The paths of the relay.

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// A challenge. The body is the space (16), or the mailbox's id, or zeros for a search.
    Challenge,
    /// A round trip of sync: a [`SyncRequest`](super::sync::SyncRequest).
    Sync,
    /// To read and continue the access log: an [`AccessRequest`](super::access::AccessRequest).
    Access,
    /// To list the heads of segments: a [`HeadsRequest`](super::segments::HeadsRequest).
    Heads,
    /// To read parts of a segment: a [`PartsRequest`](super::segments::PartsRequest).
    Parts,
    /// To stage a part of a segment: a [`StageRequest`](super::segments::StageRequest).
    Stage,
    /// To find the spaces whose recovery member signs the request: a [`SpaceRequest`](super::SpaceRequest) of zeros. The
    /// answer is their ids, one behind the other.
    Find,
    /// To delete a space for ever: a [`SpaceRequest`](super::SpaceRequest).
    Delete,
    /// To be told of news, as server-sent events: a [`SpaceRequest`](super::SpaceRequest).
    Events,
    /// A step of a pairing: a [`MailboxRequest`](super::mailbox::MailboxRequest).
    Mailbox,
}

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Self; 10] = [
        Self::Challenge,
        Self::Sync,
        Self::Access,
        Self::Heads,
        Self::Parts,
        Self::Stage,
        Self::Find,
        Self::Delete,
        Self::Events,
        Self::Mailbox,
    ];

    /// Returns the path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Challenge => "/v1/challenge",
            Self::Sync => "/v1/sync",
            Self::Access => "/v1/access",
            Self::Heads => "/v1/heads",
            Self::Parts => "/v1/parts",
            Self::Stage => "/v1/stage",
            Self::Find => "/v1/find",
            Self::Delete => "/v1/delete",
            Self::Events => "/v1/events",
            Self::Mailbox => "/v1/mailbox",
        }
    }

    /// Returns the endpoint of a path.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }
}
