//! The relay as it is run: its own server, on a loopback socket.

use std::sync::Arc;
use std::thread;

use ara::Error;
use ara::prelude::*;
use ara::sync::join;
use ara_relay::{Relay, RelayOptions, SqliteStore, loopback_origins, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::device::{App, Device, LONG, add, is_stopped, names, wait_for, wait_until};

/// A relay that serves until this is dropped.
struct Running {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let options = RelayOptions { origins: loopback_origins(port), ..RelayOptions::default() };
        let relay = Arc::new(Relay::new(SqliteStore::memory().unwrap(), options).unwrap());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let stopped = async { stopped.await.unwrap_or_default() };
            runtime.block_on(serve(listener, relay, stopped)).unwrap();
        });
        let url = format!("http://localhost:{port}");
        Self { url, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

#[test]
fn devices_pair_sync_and_are_removed_over_the_server_itself() {
    let relay = Running::start();
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(&relay.url).device_name("Laptop").start().unwrap();
    let laptop = Device { db, session };
    add(&laptop.db, "one");

    let invitation = laptop.session.invite().unwrap();
    let payload = invitation.qr().payload().to_owned();
    let joining = thread::spawn(move || join("", payload).device_name("Phone").begin().unwrap());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap();
    request.accept(&joining.digits()).unwrap();
    let db = Database::memory().unwrap();
    let phone = Device { session: joining.finish::<App>(&db).unwrap(), db };

    wait_for(&phone.db, &["one"]);
    add(&phone.db, "two");
    wait_for(&laptop.db, &["one", "two"]);
    let status = wait_until(&laptop.session, |status| names(status) == ["Laptop", "Phone"]);
    let out = status.devices.iter().find(|device| !device.is_this).unwrap().id;
    laptop.session.remove_device(out).unwrap();
    let status = wait_until(&phone.session, is_stopped);
    assert!(matches!(status.error(), Some(Error::RemovedFromSpace)), "{status:?}");
    drop((phone, laptop));
}
