//! Ending a pairing from another thread.

use std::fmt;

use crate::transport::http::cutoff::Cutoff;

/// Ends a pairing that waits in another thread, for example as the user has closed the window.
///
/// It comes from [`Invitation::cancel_handle`](crate::Invitation::cancel_handle),
/// [`Join::cancel_handle`](crate::Join::cancel_handle) or [`Joining::cancel_handle`](crate::Joining::cancel_handle). All
/// clones are one.
///
/// ```no_run
/// # use std::time::Duration;
/// # fn let_in(session: &ara::sync::Session, closed: std::sync::mpsc::Receiver<()>) -> ara::Result<()> {
/// let invitation = session.invite()?;
/// let cancel = invitation.cancel_handle();
/// let waiting = std::thread::spawn(move || invitation.wait(Duration::from_secs(600)));
/// // The user closes the window that shows the code.
/// # let _ = closed.recv();
/// cancel.cancel();
/// # drop(waiting);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cancel(Cutoff);

impl Cancel {
    pub(super) fn of(cutoff: &Cutoff) -> Self {
        Self(cutoff.clone())
    }

    /// Ends the pairing. What waits returns [`Error::PairingFailed`](ara_core::Error::PairingFailed), and tells the other
    /// device, which does not go on waiting then. Once the pairing is done, this does nothing.
    pub fn cancel(&self) {
        self.0.shut();
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancel")
    }
}
