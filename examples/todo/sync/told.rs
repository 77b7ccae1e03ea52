//! What the user is told, in words.

use ara::Error;
use ara::sync::{Connection, Device, Status};

/// How sync stands.
pub fn standing(status: &Status) -> String {
    if let (Connection::Connected, None, Some(sending)) =
        (&status.connection, status.progress, status.sending)
    {
        return format!("sent {} of {} bytes", sending.sent, sending.total);
    }
    match (&status.connection, status.progress) {
        (Connection::Connecting, _) => "connecting".to_owned(),
        (Connection::Failing { error }, _) => match hint(error) {
            Some(hint) => format!("not connected: {error} ({hint})"),
            None => format!("not connected: {error}"),
        },
        (Connection::Stopped { error }, _) => format!("stopped: {error}"),
        (_, Some(progress)) => format!("received {} of {}", progress.received, progress.total),
        _ if status.bytes_to_send > 0 => "sending".to_owned(),
        _ if status.devices.len() == 1 => "up to date, this is the only device".to_owned(),
        _ => format!("up to date, {} devices", status.devices.len()),
    }
}

/// What an error does not say, as it knows nothing of this app.
pub fn hint(error: &Error) -> Option<&'static str> {
    let is_token = matches!(error, Error::AdmissionNeeded);
    is_token.then_some("this app takes the token from TODO_TOKEN")
}

/// A line of the table of devices.
pub fn device(device: &Device) -> [String; 4] {
    let heard = device.last_heard.map(|time| time.to_string());
    let this = if device.is_this { "this one" } else { "" };
    let heard = heard.unwrap_or_else(|| "never".to_owned());
    [name(device), device.app_version.clone(), heard, this.to_owned()]
}

fn name(device: &Device) -> String {
    if device.name.is_empty() { "a new device".to_owned() } else { device.name.clone() }
}
