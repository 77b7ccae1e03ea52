//! Who hears of each commit, whatever it wrote.

use std::fmt;
use std::sync::Arc;

/// A callback that is called after each commit that wrote changes into the log.
#[derive(Clone)]
pub(crate) struct Listener(pub(crate) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
