//! Those who attack a relay meet its limits, and others go on.
//!
//! The relay is the command as it is shipped. Two devices with the client that apps have commit while it is attacked, and
//! hear of each other. Those who attack speak by bytes, from other addresses of this machine, or as if a reverse proxy had
//! named one. With `ARA_LOAD=full` there are as many of them as somebody would send. The store is a file, and for some a
//! database of PostgreSQL.
#![cfg(target_os = "linux")]

mod bodies;
mod connections;
mod database;
mod floods;
mod honest;
mod light;
mod many;
mod readers;
mod relay;
#[path = "../command/sql.rs"]
mod sql;

use std::net::Ipv4Addr;

/// Who attacks, where addresses of this machine are told apart.
const ATTACKER: light::From = light::From::Here(Ipv4Addr::new(127, 0, 0, 2));

/// Who attacks through a reverse proxy.
const BEHIND_PROXY: light::From = light::From::Proxy(Ipv4Addr::new(192, 0, 2, 1));

/// Who else comes through it.
const OTHER_BEHIND_PROXY: light::From = light::From::Proxy(Ipv4Addr::new(192, 0, 2, 2));

/// The most connections that the devices have which go on: two streams of events, and two for requests.
const HONEST: usize = 4;

/// Returns how many there are of something: few, or as many as somebody would send.
fn size(few: usize, full: usize) -> usize {
    if std::env::var("ARA_LOAD").is_ok_and(|load| load == "full") { full } else { few }
}

/// Returns letters that no compression makes much shorter.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + (state >> 58) as u8)
    };
    (0..length).map(letter).collect()
}
