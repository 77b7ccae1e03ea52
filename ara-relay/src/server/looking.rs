//! Looking for what others wrote who share the store.
//!
//! They tell it, but it can be lost. So how far those topics are that anybody waits for is compared with how far they
//! were the last time.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::server::Shared;
use crate::store::{Mark, Topic};

/// Looks now and then, and wakes who waits for what has changed.
pub(super) async fn look(shared: Arc<Shared>) {
    if !shared.relay.store().is_shared() {
        return;
    }
    let mut seen: HashMap<Topic, Option<Mark>> = HashMap::new();
    let mut is_due = true;
    loop {
        sleep(shared.options.look_every).await;
        let awaited = shared.notices.awaited();
        if awaited.is_empty() {
            continue;
        }
        let (relay, topics, was_due) = (shared.relay.clone(), awaited.clone(), is_due);
        let look = move || {
            // It is asked first, so that nothing is missed that is written while this looks.
            let may_have_changed = relay.store().may_have_changed()?;
            if may_have_changed || was_due { relay.marks(&topics).map(Some) } else { Ok(None) }
        };
        is_due = true;
        let marks = match spawn_blocking(look).await {
            Ok(Ok(Some(marks))) => marks.into_iter().collect::<HashMap<_, _>>(),
            Ok(Ok(None)) => {
                is_due = false;
                continue;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "it cannot be seen what others wrote");
                continue;
            }
            Err(_) => continue,
        };
        let found = awaited.into_iter().map(|topic| (topic, marks.get(&topic).copied()));
        let found: HashMap<_, _> = found.collect();
        // Who has begun to wait since may have looked before somebody wrote: it is woken once, too.
        for (topic, _) in found.iter().filter(|(topic, mark)| seen.get(topic) != Some(mark)) {
            shared.notices.tell(*topic);
        }
        seen = found;
        is_due = false;
    }
}
