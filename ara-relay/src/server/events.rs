//! The stream that tells of news in a space.
//!
//! An event says how far the space is: the number of the last segment, how many access records there are, and the
//! number of the newest slot. Several that happen at once are told as one.

use std::convert::Infallible;
use std::sync::Arc;

use ara_protocol::message::Refusal;
use axum::body::Bytes;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::relay::{News, Subscription, refusal};
use crate::server::Shared;
use crate::server::handling::respond_with;
use crate::server::metrics::Open;
use crate::server::notices::Notice;
use crate::server::shares::Share;

/// One who is told.
struct Telling {
    shared: Arc<Shared>,
    subscription: Subscription,
    notice: Notice,
    stopping: watch::Receiver<bool>,
    /// What was told last.
    told: Option<News>,
    _open: Open,
    _turn: Share,
}

/// Answers a request for events. It has its turn as long as it is told.
pub(super) async fn respond(shared: &Arc<Shared>, body: Bytes, turn: Share) -> Response {
    let relay = shared.relay.clone();
    let subscribed = spawn_blocking(move || relay.subscribe(&body, None)).await;
    let subscription = match subscribed {
        Ok(Ok(subscription)) => subscription,
        Ok(Err(answer)) => return respond_with(answer),
        Err(_) => return respond_with(refusal(Refusal::Busy)),
    };
    let telling = Telling {
        shared: shared.clone(),
        notice: shared.notices.about(subscription.topic()),
        subscription,
        stopping: shared.stopping.subscribe(),
        told: None,
        _open: shared.metrics.stream(),
        _turn: turn,
    };
    let heartbeat = KeepAlive::new().interval(shared.options.heartbeat);
    Sse::new(stream(telling)).keep_alive(heartbeat).into_response()
}

fn stream(telling: Telling) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(telling, |mut telling| async {
        let News { number, records, newest_slot } = telling.next().await?;
        let event = Event::default().data(format!("{number} {records} {newest_slot}"));
        Some((Ok(event), telling))
    })
}

impl Telling {
    /// Returns what is to be told next, or `None` if it is over.
    async fn next(&mut self) -> Option<News> {
        loop {
            let news = match self.told {
                None => self.look().await?,
                Some(told) => {
                    let found = tokio::select! {
                        found = self.notice.wait() => found,
                        _ = self.stopping.wait_for(|stops| *stops) => return None,
                    };
                    match found.get_or_init(|| self.look_for_all()).await {
                        // Who is a member says the access log, and that is as it was.
                        Some(news) if news.records == told.records => *news,
                        _ => self.look().await?,
                    }
                }
            };
            if *self.stopping.borrow() {
                return None;
            }
            if self.told.replace(news) != Some(news) {
                return Some(news);
            }
        }
    }

    /// Returns how far the space is, unless the member is none any more.
    async fn look(&self) -> Option<News> {
        let (relay, subscription) = (self.shared.relay.clone(), self.subscription);
        read(move || relay.news_for(&subscription)).await
    }

    /// Returns how far the space is, whoever is a member.
    async fn look_for_all(&self) -> Option<News> {
        let (relay, space) = (self.shared.relay.clone(), self.subscription.space());
        read(move || relay.news(space)).await
    }
}

/// Reads the store, on a thread for what blocks.
async fn read(
    news: impl FnOnce() -> crate::store::Result<Option<News>> + Send + 'static,
) -> Option<News> {
    match spawn_blocking(news).await {
        Ok(Ok(news)) => news,
        Ok(Err(error)) => {
            tracing::error!(%error, "the store fails");
            None
        }
        Err(_) => None,
    }
}
