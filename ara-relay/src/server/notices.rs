//! Who waits for what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::store::Topic;

/// Those who wait, by what they wait for.
#[derive(Default)]
pub(super) struct Notices {
    topics: Mutex<HashMap<Topic, watch::Sender<()>>>,
}

/// One who waits. What is told from its making on is not missed.
pub(super) struct Notice {
    topic: Topic,
    told: watch::Receiver<()>,
    notices: Arc<Notices>,
}

impl Notices {
    /// Wakes those who wait.
    pub(super) fn tell(&self, topic: Topic) {
        if let Some(sender) = self.topics().get(&topic) {
            sender.send_replace(());
        }
    }

    /// Returns for what anybody waits.
    pub(super) fn awaited(&self) -> Vec<Topic> {
        self.topics().keys().copied().collect()
    }

    /// Begins to wait.
    pub(super) fn about(self: &Arc<Self>, topic: Topic) -> Notice {
        let told = self.topics().entry(topic).or_insert_with(|| watch::channel(()).0).subscribe();
        Notice { topic, told, notices: self.clone() }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<()>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notice {
    /// Waits until something was told since the last time.
    pub(super) async fn wait(&mut self) {
        // The sender stays as long as anybody waits.
        let _ = self.told.changed().await;
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
        first.wait().await;
        second.wait().await;
        tokio::select! {
            biased;
            () = first.wait() => panic!("it was told once"),
            () = elsewhere.wait() => panic!("it was told of something else"),
            () = std::future::ready(()) => {}
        }
        drop(first);
        notices.tell(one);
        second.wait().await;
        drop((second, elsewhere));
        assert!(notices.topics().is_empty());
    }
}
