//! Who waits for what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, watch};

use crate::relay::News;
use crate::store::Topic;

/// How far a space is since it was told of, or `None` if it is not here. Who is woken first reads it for all.
pub(super) type Found = Arc<OnceCell<Option<News>>>;

/// Those who wait, by what they wait for.
#[derive(Default)]
pub(super) struct Notices {
    topics: Mutex<HashMap<Topic, watch::Sender<Found>>>,
}

/// One who waits. What is told from its making on is not missed.
pub(super) struct Notice {
    topic: Topic,
    told: watch::Receiver<Found>,
    notices: Arc<Notices>,
}

impl Notices {
    /// Wakes those who wait.
    pub(super) fn tell(&self, topic: Topic) {
        if let Some(sender) = self.topics().get(&topic) {
            sender.send_replace(Found::default());
        }
    }

    /// Returns for what anybody waits.
    pub(super) fn awaited(&self) -> Vec<Topic> {
        self.topics().keys().copied().collect()
    }

    /// Begins to wait.
    pub(super) fn about(self: &Arc<Self>, topic: Topic) -> Notice {
        let mut topics = self.topics();
        let sender = topics.entry(topic).or_insert_with(|| watch::channel(Found::default()).0);
        Notice { topic, told: sender.subscribe(), notices: self.clone() }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<Found>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notice {
    /// Waits until something was told since the last time, and returns what all who are woken by it find out together.
    pub(super) async fn wait(&mut self) -> Found {
        // The sender stays as long as anybody waits.
        let _ = self.told.changed().await;
        self.told.borrow_and_update().clone()
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        let mut topics = self.notices.topics();
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() <= 1) {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use ara_protocol::SpaceId;

    use super::*;

    #[tokio::test]
    async fn what_is_told_is_not_missed_and_nobody_is_left() {
        let notices = Arc::<Notices>::default();
        let [one, other] = [1, 2].map(|id| Topic::Space(SpaceId::from_bytes([id; 16])));
        let (mut first, mut second) = (notices.about(one), notices.about(one));
        let mut elsewhere = notices.about(other);
        notices.tell(one);
        notices.tell(one);
        // What one of them finds, the other need not look for.
        assert!(Arc::ptr_eq(&first.wait().await, &second.wait().await));
        tokio::select! {
            biased;
            _ = first.wait() => panic!("it was told once"),
            _ = elsewhere.wait() => panic!("it was told of something else"),
            () = std::future::ready(()) => {}
        }
        drop(first);
        notices.tell(one);
        second.wait().await;
        drop((second, elsewhere));
        assert!(notices.topics().is_empty());
    }
}
