//! Letting a device in, on both sides.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ara::Error;
use ara::prelude::*;
use ara::sync::{self, JoinRequest, Session};

use super::edition::Edition;
use super::screen::{News, Screen};
use super::{Setting, is_confirmed, say};
use crate::Failure;

/// As long as the relay keeps an invitation.
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Shows a code, and tells when a device has used it.
pub fn invite(session: &Session, tell: &Sender<News>) -> Result<(), Failure> {
    let invitation = match session.invite() {
        Ok(invitation) => invitation,
        // The list is synced later, and a device can be let in then.
        Err(error) => return say(&format!("no device can be let in now: {error}")),
    };
    say(&invitation.qr().to_string())?;
    say(&format!("code: {}", invitation.code()))?;
    say("Scan it with another device, or type it there: `todo pair CODE`")?;
    let tell = tell.clone();
    thread::spawn(move || {
        let news = match invitation.wait(TEN_MINUTES) {
            Ok(request) => News::WantsIn(Box::new(request)),
            Err(error) => News::NobodyCame(error),
        };
        // Once the user has gone, nobody hears it.
        let _ = tell.send(news);
    });
    Ok(())
}

/// Lets a device in by its digits. If they are wrong, it may be tried again.
pub fn let_in(
    mut request: Box<JoinRequest>,
    digits: &str,
) -> Result<Option<Box<JoinRequest>>, Failure> {
    let Err(error) = request.accept(digits) else {
        say(&format!("{} is in: confirm it there", request.name()))?;
        return Ok(None);
    };
    say(&error.to_string())?;
    if matches!(error, Error::PairingDigits { tries_left: 0, .. }) {
        say("`todo sync --invite` shows a new code")?;
        return Ok(None);
    }
    Ok(Some(request))
}

/// Joins the user's devices by the code that one of them shows.
pub fn join<E: Edition>(setting: &Setting<'_>, code: &str) -> Result<(), Failure> {
    let join = sync::join(&setting.relay, code).device_name(&setting.name).app_version(E::VERSION);
    let join = join.admission(&setting.token);
    // Who is not let in has no new file.
    let joining = match setting.path.exists() {
        true => join.begin_for(&Database::open(setting.path)?)?,
        false => join.begin()?,
    };
    say(&format!("digits: {}", joining.digits()))?;
    if !is_confirmed("Type them on the other device. Did it take them?")? {
        joining.refuse()?;
        return Err(Failure::Usage("not confirmed, so nothing was sent or received".to_owned()));
    }
    let db = Database::open(setting.path)?;
    let screen = Screen::of::<E>(&db)?;
    let session = joining.finish::<E>(&db)?;
    if setting.once { screen.finish(session) } else { screen.show(session, false) }
}
