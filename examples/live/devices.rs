//! Two devices that keep the same notes, through a relay.

use std::error::Error;
use std::io::stdin;
use std::time::Duration;

use ara::prelude::*;
use ara::sync::{Invitation, Session};

use crate::Note;

ara::schema! { pub App: Note }

/// As long as the relay keeps an invitation.
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Begins to sync. The first device lets another one in.
pub fn start(db: &Database, relay: &str) -> Result<Session, Box<dyn Error>> {
    let session = db.sync::<App>(relay).device_name("The first").start()?;
    if session.status().devices.len() == 1 {
        let invitation = session.invite()?;
        println!("{}code: {}", invitation.qr(), invitation.code());
        let_in(invitation, || answer("Type the digits that the other device shows:"))?;
    }
    Ok(session)
}

/// Waits for a device, and lets it in by its digits. After three wrong ones, it is not let in.
pub fn let_in(
    invitation: Invitation,
    digits: impl Fn() -> std::io::Result<String>,
) -> Result<(), Box<dyn Error>> {
    let mut request = invitation.wait(TEN_MINUTES)?;
    while let Err(error) = request.accept(&digits()?) {
        match error {
            ara::Error::PairingDigits { tries_left: 1.., .. } => println!("{error}"),
            error => return Err(error.into()),
        }
    }
    Ok(())
}

/// Joins the other device, by the code that it shows.
pub fn join(db: &Database, relay: &str, code: &str) -> Result<Session, Box<dyn Error>> {
    let joining = ara::sync::join(relay, code).device_name("The second").begin()?;
    println!("Type {} on the other device.", joining.digits());
    answer("Once that has taken them, press Enter here.")?;
    Ok(joining.finish::<App>(db)?)
}

fn answer(question: &str) -> std::io::Result<String> {
    println!("{question}");
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line)
}
