//! What stands between a device and the relay, and counts the bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A listener whose connections lead to the relay.
pub struct Proxy {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
    listener: TcpListener,
}

impl Proxy {
    /// Begins to listen. Who connects waits until there is a relay.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        Self { address, bytes: Arc::default(), listener }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads connections to a relay, until this process ends.
    pub fn lead_to(&self, relay: &str) {
        let relay = relay.strip_prefix("http://").expect("a URL").to_owned();
        let listener = self.listener.try_clone().expect("a listener is cloned");
        let bytes = Arc::clone(&self.bytes);
        thread::spawn(move || {
            for device in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&relay) else { return };
                let _ = lead(device, server, &bytes);
            }
        });
    }

    /// Returns how many bytes went through, both ways, since the last time.
    pub fn take(&self) -> u64 {
        self.bytes.swap(0, Ordering::SeqCst)
    }
}

fn lead(device: TcpStream, server: TcpStream, bytes: &Arc<AtomicU64>) -> io::Result<()> {
    let ways = [(device.try_clone()?, server.try_clone()?), (server, device)];
    for (from, to) in ways {
        from.set_nodelay(true)?;
        let bytes = Arc::clone(bytes);
        thread::spawn(move || pass_on(from, to, &bytes));
    }
    Ok(())
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, bytes: &AtomicU64) {
    let mut some = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut some) {
        bytes.fetch_add(count as u64, Ordering::SeqCst);
        if to.write_all(&some[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
