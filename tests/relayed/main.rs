//! Devices and a relay, each a process of its own, over real sockets: what each can do at any moment is to die.

mod apps;
mod converge;
mod copies;
mod device;
mod device_process;
#[cfg(target_os = "linux")]
mod idle;
mod killed;
mod network;
mod relay_process;
mod relays;
