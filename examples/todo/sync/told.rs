//! What the user is told, in words.

use ara::sync::{Alarm, Connection, Device, DeviceId, Status};

/// How sync stands.
pub fn standing(status: &Status) -> String {
    match (&status.connection, status.progress) {
        (Connection::Connecting, _) => "connecting".to_owned(),
        (Connection::Failing { error }, _) => format!("not connected: {error}"),
        (Connection::Stopped { error }, _) => format!("stopped: {error}"),
        (_, Some(progress)) => format!("received {} of {}", progress.received, progress.total),
        _ if status.bytes_to_send > 0 => "sending".to_owned(),
        _ if status.devices.len() == 1 => "up to date, this is the only device".to_owned(),
        _ => format!("up to date, {} devices", status.devices.len()),
    }
}

/// What the user should hear of.
pub fn alarm(alarm: &Alarm, status: &Status) -> String {
    let name = |id: &DeviceId| name_of(*id, status);
    match alarm {
        Alarm::DeviceAdded { device, by } => format!("{} was let in by {}", name(device), name(by)),
        Alarm::DeviceRemoved { device, by } => {
            format!("{} was removed by {}", name(device), name(by))
        }
        Alarm::RecoveryWordsSet { by } => format!("{} made recovery words", name(by)),
        Alarm::RelayWentBack => "the relay had lost something, and is given it again".to_owned(),
        Alarm::Moved { relay } => format!("the list is synced through {relay} now"),
        Alarm::Removed => "this device was removed by another one".to_owned(),
        Alarm::DeletedAtRelay { by } => format!("{} deleted the list at the relay", name(by)),
        Alarm::Full { used, limit } => format!("the relay is full: {used} bytes of {limit}"),
        // The others are rare, and for who looks into it.
        other => format!("{other:?}"),
    }
}

/// A line of the table of devices.
pub fn device(device: &Device) -> [String; 4] {
    let heard = device.last_heard.map(|time| time.to_string());
    let this = if device.is_this { "this one" } else { "" };
    let heard = heard.unwrap_or_else(|| "never".to_owned());
    [name(device), device.app_version.clone(), heard, this.to_owned()]
}

fn name_of(id: DeviceId, status: &Status) -> String {
    let found = status.devices.iter().find(|device| device.id == id);
    found.map_or_else(|| "a device that is gone".to_owned(), name)
}

fn name(device: &Device) -> String {
    if device.name.is_empty() { "a new device".to_owned() } else { device.name.clone() }
}
