//! What is new, from one process to the others.
//!
//! A connection of its own tells what was committed here, soon after the commit and several commits at once, and hears
//! of those of others. To tell it within the transactions that write would have them wait for each other. Whatever is
//! missed, or if a database has nothing like it, is found by who looks at the marks of topics now and then.

use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use ara_protocol::{MailboxId, SpaceId};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Error, NoTls, Socket};

use crate::store::batch::locked;
use crate::store::postgres::address::Address;
use crate::store::{LagListener, Listener, Topic};

/// How long what is new is gathered after something was told.
const PAUSE: Duration = Duration::from_millis(20);

/// After how long it is tried again to connect.
const AGAIN: Duration = Duration::from_secs(2);

/// How many topics are told at once: the longest message has 8,000 bytes.
const TOPICS_AT_ONCE: usize = 200;

/// How many topics are kept to be told while there is no connection.
const MOST_KEPT: usize = 100_000;

/// What is to be told, and who hears.
pub(super) struct News {
    /// By which a process knows its own messages.
    sender: String,
    untold: Mutex<Untold>,
    wake: Notify,
    listeners: RwLock<Vec<Listener>>,
    /// Since when what was sent waited, of the messages that have not come back yet.
    sent: Mutex<VecDeque<Instant>>,
    lag: RwLock<Vec<LagListener>>,
}

/// What others were not told yet.
#[derive(Default)]
struct Untold {
    topics: HashSet<Topic>,
    /// Since when the first of them waits.
    since: Option<Instant>,
}

impl News {
    /// Connects in the background, and does so again whenever the connection is lost, until the runtime ends.
    pub(super) fn start(runtime: &Handle, address: Address) -> Arc<Self> {
        let mut sender = [0; 8];
        // Who has no randomness hears its own news too, which does no harm.
        let _ = getrandom::fill(&mut sender);
        let news = Arc::new(Self {
            sender: hex(&sender),
            untold: Mutex::default(),
            wake: Notify::new(),
            listeners: RwLock::default(),
            sent: Mutex::default(),
            lag: RwLock::default(),
        });
        runtime.spawn(run(news.clone(), address));
        news
    }

    /// Has others told soon that there is something new.
    pub(super) fn tell(&self, topic: Topic) {
        let mut untold = locked(&self.untold);
        if untold.topics.len() < MOST_KEPT {
            untold.topics.insert(topic);
        }
        untold.since.get_or_insert_with(Instant::now);
        drop(untold);
        self.wake.notify_one();
    }

    pub(super) fn on_news(&self, listener: Listener) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    pub(super) fn on_lag(&self, listener: LagListener) {
        self.lag.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Takes a message of this process, which has been where all others hear it, too. So no clock but its own is
    /// asked how long that took.
    fn came_back(&self) {
        let Some(since) = locked(&self.sent).pop_front() else { return };
        let lag = since.elapsed();
        let listeners = self.lag.read().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener(lag));
    }

    /// Takes a message that came, of whichever process.
    fn hear(&self, message: &str) {
        let mut words = message.split(' ');
        if words.next() == Some(&self.sender) {
            self.came_back();
            return;
        }
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        for topic in words.filter_map(read_topic) {
            listeners.iter().for_each(|listener| listener(topic));
        }
    }

    /// Returns the messages that tell what was not told yet, and since when the first of it waits.
    fn messages(&self) -> (Vec<String>, Option<Instant>) {
        let Untold { topics, since } = std::mem::take(&mut *locked(&self.untold));
        let untold: Vec<_> = topics.into_iter().collect();
        let words = |topics: &[Topic]| {
            let topics = topics.iter().map(write_topic);
            [self.sender.clone()].into_iter().chain(topics).collect::<Vec<_>>().join(" ")
        };
        (untold.chunks(TOPICS_AT_ONCE).map(words).collect(), since)
    }
}

async fn run(news: Arc<News>, address: Address) {
    loop {
        let ended = match &address.tls {
            Some(tls) => connected(&news, &address, tls.clone()).await,
            None => connected(&news, &address, NoTls).await,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "news of other processes are not heard at once");
        }
        sleep(AGAIN).await;
    }
}

/// Tells and hears, until the connection ends.
async fn connected<T>(news: &News, address: &Address, tls: T) -> Result<(), Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    // What was sent on a connection that is lost does not come back.
    locked(&news.sent).clear();
    let (client, mut connection) = address.config.connect(tls).await?;
    let hearing = poll_fn(|context| {
        loop {
            match ready!(connection.poll_message(context)) {
                Some(Ok(AsyncMessage::Notification(message))) => {
                    news.hear(message.payload());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => return Poll::Ready(Ok(())),
            }
        }
    });
    let telling = async {
        client.batch_execute("LISTEN ara_relay").await?;
        loop {
            let (messages, since) = news.messages();
            if messages.is_empty() {
                news.wake.notified().await;
                continue;
            }
            for message in messages {
                locked(&news.sent).extend(since);
                client.execute("SELECT pg_notify('ara_relay', $1)", &[&message]).await?;
            }
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        ended = hearing => ended,
        ended = telling => ended,
    }
}

fn write_topic(topic: &Topic) -> String {
    match topic {
        Topic::Space(id) => format!("s{}", hex(id.as_bytes())),
        Topic::Mailbox(id) => format!("m{}", hex(id.as_bytes())),
    }
}

fn read_topic(word: &str) -> Option<Topic> {
    let (kind, digits) = word.split_at_checked(1)?;
    let number = u128::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 32)?;
    match kind {
        "s" => Some(Topic::Space(SpaceId::from_bytes(number.to_be_bytes()))),
        "m" => Some(Topic::Mailbox(MailboxId::from_bytes(number.to_be_bytes()))),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_was_written() {
        let topics = [
            Topic::Space(SpaceId::from_bytes([0; 16])),
            Topic::Space(SpaceId::from_bytes([0xfe; 16])),
            Topic::Mailbox(MailboxId::from_bytes([1; 16])),
        ];
        for topic in topics {
            assert_eq!(read_topic(&write_topic(&topic)), Some(topic));
        }
        for wrong in ["", "s", "ä", "s01", "x00000000000000000000000000000000"] {
            assert_eq!(read_topic(wrong), None, "{wrong}");
        }
    }
}
