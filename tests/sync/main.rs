//! Devices that sync through a relay, over real sockets.

mod device;
mod keys;
mod live;
mod moving;
mod pairing;
mod pairing_ends;
mod recovery;
mod relays;
mod removal;
mod restored;
mod run_once;
mod served;
mod status;
mod test_relay;
mod trouble;
