//! How much memory bombs take at most. Each test measures a process of its own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::{env, fs, thread};

use ara_protocol::message::sync::PushOutcome;
use ara_protocol::message::{Endpoint, LONGEST_ANSWER};
use ara_protocol::segment::{Bounds, Point};

use crate::engine::tests::attacks::bombs::{record, three};
use crate::engine::tests::attacks::forger::{Forger, chain_of, node_of, rewrite};
use crate::transport::http::cutoff::Cutoff;
use crate::transport::http::{HttpSettings, HttpTransport};
use crate::transport::{Transport, TransportError};

const MB: u64 = 1 << 20;

/// What anything takes: pages of databases, keys, requests.
const A_LITTLE: u64 = 24 * MB;

/// Runs a test in a process of its own, where nothing else takes memory.
fn alone(test: &str, run: impl FnOnce()) {
    const ALONE: &str = "ARA_TEST_ALONE";
    if env::var_os(ALONE).is_some() {
        return run();
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", &format!("{module}::{test}"), "--nocapture"]).env(ALONE, "1");
    // What was freed is given back at once, so that it does not hide what is taken later.
    child.env("MALLOC_MMAP_THRESHOLD_", "65536").env("MALLOC_ARENA_MAX", "1");
    let ran = child.output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    let is_right = ran.status.success() && told.contains("1 passed");
    assert!(is_right, "{told}{}", String::from_utf8_lossy(&ran.stderr));
    print!("{told}");
}

/// Returns the bytes that a line of the process's status tells.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|letter: char| !letter.is_ascii_digit()).parse::<u64>().unwrap() * 1024
}

/// Asserts that the process takes no more than so many bytes while something runs.
fn assert_within(what: &str, most: u64, run: impl FnOnce()) {
    // The peak counts from here on.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    run();
    let taken = status("VmHWM:").saturating_sub(before);
    println!("{what}: {} MB of {} MB", taken / MB, most / MB);
    assert!(taken <= most, "{what} took {taken} bytes instead of {most}");
}

/// Asserts that reading a segment which holds these bytes takes no more than so many.
fn assert_segment_within(what: &str, bomb: Vec<u8>, most: u64) {
    let (_world, _laptop, mut phone, liar) = three();
    let node = node_of(&liar);
    let last = chain_of(&liar, node).segments.pop().unwrap();
    let from = last.bounds.unwrap().to;
    let bounds = Bounds { from, to: Point { number: from.number + 1, digest: 7 } };
    let mut forger = Forger::of(&liar);
    let sealed = forger.seal_as((&bomb, bounds), (node, Some(last.id), &[]));
    drop(bomb);
    assert!(sealed.parts[0].len() < 50_000, "{}", sealed.parts[0].len());
    assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
    drop(sealed);
    assert_within(what, most, || {
        phone.sync();
    });
    assert!(!phone.alarms().is_empty());
}

#[test]
fn a_segment_takes_as_much_as_it_may_have() {
    alone("a_segment_takes_as_much_as_it_may_have", || {
        let most = 256 * MB;
        assert_segment_within(
            "all that a segment may have",
            vec![0; most as usize],
            most + A_LITTLE,
        );
        assert_segment_within("more than that", vec![0; most as usize + 1], A_LITTLE);
    });
}

#[test]
fn what_a_segment_unpacks_to_takes_a_few_times_as_much() {
    const SIZE: u64 = 16 * MB;
    let repeated = |bytes: &[u8]| record(&bytes.repeat(SIZE as usize / bytes.len()));
    alone("what_a_segment_unpacks_to_takes_a_few_times_as_much", || {
        assert_segment_within("empty runs", repeated(&[0x1a, 0]), 3 * SIZE + A_LITTLE);
        assert_segment_within("empty names", repeated(&[0x0a, 0]), 3 * SIZE + A_LITTLE);
        // The least that is a change: it has the id of a row.
        let change = [&[0x2a, 18, 0x22, 16][..], &[7; 16]].concat();
        let changes = change.repeat(SIZE as usize / change.len());
        let node = [&[0x0a, 16][..], &[9; 16]].concat();
        let length = node.len() + changes.len();
        let varint = [0, 7, 14, 21]
            .map(|shift| (length >> shift) as u8 & 0x7f | if shift < 21 { 0x80 } else { 0 });
        let run = [&[0x1a][..], &varint, &node, &changes].concat();
        assert_segment_within("small changes", record(&run), 13 * SIZE + A_LITTLE);
    });
}

#[test]
fn an_answer_takes_little_more_than_its_bytes() {
    alone("an_answer_takes_little_more_than_its_bytes", || {
        let many = u32::MAX.to_be_bytes();
        for content in [
            many.to_vec(),
            [&[0, 0, 0, 0, 1][..], &many, &[0; 100]].concat(),
            [&[0; 4][..], &[1], &[0; 4], &[1], &[0; 40], &many, &[2; 100]].concat(),
            vec![0; 12 * MB as usize],
            vec![0; LONGEST_ANSWER + 1],
        ] {
            let (world, mut laptop, mut phone, _liar) = three();
            laptop.write("later");
            laptop.sync();
            let lie = content.clone();
            world.net.twist(move |endpoint, _, answer| {
                rewrite(answer, |content| {
                    if endpoint != Endpoint::Challenge {
                        content.clone_from(&lie);
                    }
                })
            });
            // The answer is made and passed on in this process, too.
            let own = 6 * content.len() as u64;
            assert_within("an answer", own + A_LITTLE, || assert!(phone.try_sync().is_err()));
        }
    });
}

#[test]
fn a_body_without_an_end_takes_as_much_as_an_answer_may_have() {
    alone("a_body_without_an_end_takes_as_much_as_an_answer_may_have", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            let chunk = [&b"10000\r\n"[..], &[0; 0x10000], b"\r\n"].concat();
            while stream.write_all(&chunk).is_ok() {}
        });
        let transport =
            HttpTransport::new(&url, &HttpSettings::default(), &Cutoff::default()).unwrap();
        assert_within("a body without an end", 3 * LONGEST_ANSWER as u64 + A_LITTLE, || {
            let answered = transport.post("/v1/sync", b"", LONGEST_ANSWER);
            assert_eq!(answered.err(), Some(TransportError::TooLarge));
        });
    });
}

#[test]
fn a_request_that_claims_much_takes_little_at_the_relay() {
    alone("a_request_that_claims_much_takes_little_at_the_relay", || {
        let (_world, _laptop, phone, _liar) = three();
        let (space, keys, relay) = (phone.engine.space(), &phone.keys, phone.relay());
        let many = u32::MAX.to_be_bytes();
        let endpoints = [
            Endpoint::Sync,
            Endpoint::Access,
            Endpoint::Heads,
            Endpoint::Parts,
            Endpoint::Stage,
            Endpoint::Mailbox,
        ];
        assert_within("requests", A_LITTLE, || {
            for endpoint in endpoints {
                // Wherever a number of things is told, it is four billion.
                for before in 0..160 {
                    let content =
                        [space.as_bytes(), &vec![0; before][..], &many, &[0; 64]].concat();
                    let _ = relay.call(endpoint, space, &content, keys);
                }
            }
        });
    });
}
