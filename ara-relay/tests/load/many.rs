//! Many devices that are connected.

use std::net::Ipv4Addr;
use std::time::Instant;

use ara_protocol::message::Endpoint;

use crate::light::{From, Line, Space};
use crate::relay::Relay;
use crate::size;

/// A quarter of them found a space each, and let the others in.
#[test]
fn many_devices_that_are_connected_each_hear_of_news() {
    let relay = Relay::start(&[]);
    let here = From::Here(Ipv4Addr::LOCALHOST);
    let spaces = size(60, 250);
    let mut streams = vec![];
    let mut lines = vec![];
    for number in 0..spaces {
        let mut space = Space::new(number as u64);
        let devices = [space.add(), space.add(), space.add()];
        let mut line = Line::open(relay.address, here).unwrap();
        let (status, _) = line.ask(Endpoint::Access, &space.founding(), &space.first).unwrap();
        assert_eq!(status, 200);
        for keys in devices.iter().chain([&space.first]) {
            let line = Line::open(relay.address, here).unwrap();
            let mut stream = line.listen(space.id(), keys).unwrap().unwrap();
            assert_eq!(stream.next().unwrap(), 0);
            streams.push(stream);
        }
        lines.push((line, space));
    }
    let begun = Instant::now();
    for (line, space) in &mut lines {
        let sealed = space.seal(1, None, b"changes");
        let request = space.sync(&[&sealed], 0);
        assert_eq!(line.ask(Endpoint::Sync, &request, &space.first).unwrap().0, 200);
    }
    streams.iter_mut().for_each(|stream| stream.wait_for(1).unwrap());
    println!("all heard after {:?}; memory: {:?}", begun.elapsed(), relay.memory());
    assert_eq!(relay.metric("ara_relay_event_streams", "") as usize, streams.len());
    drop((streams, lines));
    relay.wait_until("connections are given back", |relay| relay.connections() == 0);
}
