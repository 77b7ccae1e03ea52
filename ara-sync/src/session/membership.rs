//! Who is a member.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ara_core::{Error, Result};
use ara_protocol::keys::{RecoveryWords as Words, SecretKeys};
use ara_protocol::message::Refusal;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::pairing::Invitation;
use crate::pairing::host::Host;
use crate::random::Random;
use crate::session::handle::Session;
use crate::session::shared::Shared;
use crate::status::DeviceId;

/// The 24 words that bring everything back, to be shown once and stored nowhere.
///
/// They are wiped from memory when dropped, and `Debug` does not show them.
pub struct RecoveryWords(Zeroizing<String>);

impl Deref for RecoveryWords {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords")
    }
}

/// Whom the removal of a device should take with it: see [`Session::removal_plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemovalPlan {
    /// The device.
    pub device: DeviceId,
    /// The devices that it let in, and those that they let in. If it was stolen, the thief may have let in others.
    pub let_in: Vec<DeviceId>,
    /// Whether it made the recovery words that count now, or one of those that it let in did. If it was stolen, make new
    /// ones.
    pub made_the_words: bool,
}

impl Session {
    /// Invites another device, which joins by the [code](Invitation::code). The relay keeps the invitation for ten
    /// minutes, and eight of a space at a time: then the oldest that nobody has used gives way to a new one.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn let_in(session: &ara::sync::Session, typed: &str) -> ara::Result<()> {
    /// let invitation = session.invite()?;
    /// println!("{}\n{}", invitation.code(), invitation.qr());
    /// let mut request = invitation.wait(Duration::from_secs(600))?;
    /// println!("{} wants in. Which digits does it show?", request.name());
    /// request.accept(typed)?;                                // after wrong ones, it can be called twice more
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if the relay cannot be reached, other errors that the [status](Session::status) tells of
    /// if it cannot be used, and [common errors](ara_core::Database#common-errors).
    pub fn invite(&self) -> Result<Invitation> {
        let opened = match self.open_invitation() {
            // The relay may not have heard of this space yet.
            Err(Fault::Refused(Refusal::Unknown | Refusal::Moved)) => {
                self.shared.finish_rounds(None)?;
                self.open_invitation()
            }
            opened => opened,
        };
        opened.map_err(not_invited)
    }

    fn open_invitation(&self) -> Result<Invitation, Fault> {
        let (relay, url, cutoff) = self.shared.relay()?;
        let random = Random::of(&self.shared.database)?;
        let host: Arc<dyn Host> = Arc::<Shared>::clone(&self.shared);
        Invitation::open(host, (relay, cutoff), &url, random)
    }

    /// Makes recovery words: 24 words by which [`recover`](crate::recover) brings everything back on a new device,
    /// without any other one. They replace those that there were. Show them once, let the user write them down, and
    /// store them nowhere: who has them has everything.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if the relay cannot be reached: the words from before count then, unless it was only its
    /// answer that got lost. Then the [alarm](crate::Alarm::RecoveryWordsSet) about new words tells so, with this device
    /// as the one that made them, and new ones are to be made. Returns other errors that the
    /// [status](Session::status) tells of if it cannot be used, and [common errors](ara_core::Database#common-errors).
    pub fn new_recovery_words(&self) -> Result<RecoveryWords> {
        let words = Words::generate(&mut Random::of(&self.shared.database)?);
        let keys = SecretKeys::from_words(&words);
        self.shared.with_engine(|engine| engine.set_recovery(&keys))?;
        Ok(RecoveryWords(words.text()))
    }

    /// Returns whom the removal of a device should take with it, to be shown before [`remove_device`](Self::remove_device).
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoSuchDevice`] if the space has no such device.
    pub fn removal_plan(&self, device: DeviceId) -> Result<RemovalPlan> {
        self.shared.with_engine(|engine| {
            let members = engine.members();
            if members.get(device).is_none() {
                return Err(Error::NoSuchDevice.into());
            }
            let words = members.recovery().map(|words| words.keys().member());
            let (of_words, let_in): (Vec<_>, Vec<_>) =
                engine.removal_plan(device).let_in.into_iter().partition(|key| Some(*key) == words);
            let made_the_words = !of_words.is_empty();
            Ok(RemovalPlan { device, let_in, made_the_words })
        })
    }

    /// Removes a device, for example one that was lost: it cannot read what is written from now on, and nothing that it
    /// writes counts. What it had until now stays there. One that is out already, maybe as another device was faster,
    /// stays out.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`remove_devices`](Self::remove_devices).
    pub fn remove_device(&self, device: DeviceId) -> Result<()> {
        self.remove_devices(&[device])
    }

    /// Removes devices at once, such as those of a [`RemovalPlan`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoSuchDevice`] if the space never had such a device; [`Error::Relay`] if the relay cannot be reached,
    /// and nobody is removed then; other errors that the [status](Session::status) tells of if it cannot be used; and
    /// [common errors](ara_core::Database#common-errors).
    pub fn remove_devices(&self, devices: &[DeviceId]) -> Result<()> {
        self.shared.with_engine(|engine| {
            let members = engine.members();
            let is_out = |device: &DeviceId| members.removed_in(*device).is_some();
            let is_strange = |device: &DeviceId| members.get(*device).is_none() && !is_out(device);
            if devices.iter().any(is_strange) {
                return Err(Error::NoSuchDevice.into());
            }
            match devices.iter().all(is_out) {
                true => Ok(()),
                false => engine.remove(devices),
            }
        })
    }
}

/// Returns what the app is told where nobody can be invited.
fn not_invited(fault: Fault) -> Error {
    let Fault::Refused(Refusal::Limited { retry_after }) = fault else { return fault.into() };
    let minutes = retry_after.div_ceil(60);
    let reason = format!(
        "it takes no other invitation yet: eight devices are being let in already, or there were too many requests; in {minutes} minutes it does"
    );
    Error::Relay { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_invite_is_told_why_and_until_when() {
        let limited = not_invited(Fault::Refused(Refusal::Limited { retry_after: 301 }));
        let told = limited.to_string();
        assert!(told.contains("eight devices") && told.contains("in 6 minutes"), "{told}");
        assert!(matches!(not_invited(Fault::Refused(Refusal::Busy)), Error::Relay { .. }));
    }
}
