//! Who hears of what is new.

use std::sync::{PoisonError, RwLock};

use ara_protocol::SpaceId;
use ara_protocol::keys::MemberKey;
use ara_protocol::message::SpaceRequest;

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::store::{Ending, Listener, Mark, Result, Space, SpaceState, Topic};

/// How far a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The number of the last segment of its log.
    pub number: u64,
    /// How many access records it has.
    pub records: u64,
    /// The number of its newest slot, as the relay counts them.
    pub newest_slot: u64,
}

/// A member that is told of news in its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    space: SpaceId,
    member: MemberKey,
}

impl Subscription {
    /// Returns the space.
    pub(crate) const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns what there is news in.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        Topic::Space(self.space)
    }
}

/// Who is told.
#[derive(Default)]
pub(super) struct Listeners(RwLock<Vec<Listener>>);

impl Relay {
    /// Has a function called after each commit that has something new, on the thread that committed, and when it is heard
    /// that another process has something new. It must return at once.
    pub fn on_news(&self, listener: impl Fn(Topic) + Send + Sync + 'static) {
        let mut listeners = self.listeners.0.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    /// Returns how far a space is, or `None` if it is not here.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub fn news(&self, space: SpaceId) -> Result<Option<News>> {
        let mut news = None;
        self.store.read(&mut |transaction| {
            let space = transaction.space(space)?.filter(is_served);
            news = space.map(|space| News {
                number: space.end.number,
                records: space.records,
                newest_slot: space.slots,
            });
            Ok(Ending::Keep)
        })?;
        Ok(news)
    }

    /// Returns how far the space of a subscription is, or `None` if that is over: if the member is none any more, or
    /// the space was deleted, was closed, or has moved.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub fn news_for(&self, subscription: &Subscription) -> Result<Option<News>> {
        let mut news = None;
        self.store.read(&mut |transaction| {
            let space = transaction.space(subscription.space)?.filter(is_served);
            let Some(space) = space else { return Ok(Ending::Keep) };
            let members = self.known.of(transaction, &space)?;
            let is_member = members.get(subscription.member).is_some();
            news = (is_member && !self.is_elsewhere(&members)).then_some(News {
                number: space.end.number,
                records: space.records,
                newest_slot: space.slots,
            });
            Ok(Ending::Keep)
        })?;
        Ok(news)
    }

    pub(super) fn subscribe_asked(
        &self,
        asked: &Asked<'_>,
    ) -> std::result::Result<Subscription, Fault> {
        SpaceRequest::read(asked.content())?;
        self.read(|transaction| self.standing(transaction, asked).map(|_| ()))?;
        Ok(Subscription { space: asked.space(), member: asked.signer })
    }

    /// Returns how far topics are, by which is found what other processes wrote.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub(crate) fn marks(&self, topics: &[Topic]) -> Result<Vec<(Topic, Mark)>> {
        let mut marks = vec![];
        self.store.read(&mut |transaction| {
            marks = transaction.marks(topics)?;
            Ok(Ending::Keep)
        })?;
        Ok(marks)
    }

    /// Tells who listens, here and elsewhere, that there is something new.
    pub(super) fn tell(&self, topic: Topic) {
        self.listeners.tell(topic);
        self.store.tell(topic);
    }
}

fn is_served(space: &Space) -> bool {
    !space.is_deleted && space.state == SpaceState::Open
}

impl Listeners {
    pub(super) fn tell(&self, topic: Topic) {
        let listeners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener(topic));
    }
}
