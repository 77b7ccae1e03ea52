use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

type Tested<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A server that answers each request with the next of its texts, and tells what it was asked.
struct Server {
    url: String,
    asked: Receiver<(String, Vec<u8>)>,
    _thread: JoinHandle<()>,
}

/// Answers one request after the other on a connection, until it ends.
fn serve(
    stream: &mut (impl Read + Write),
    answers: &mut dyn Iterator<Item = Vec<u8>>,
    asked: &mut dyn FnMut(String, Vec<u8>),
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        asked(first.trim().to_owned(), body);
        reader.get_mut().write_all(&answers.next()?).ok()?;
        reader.get_mut().flush().ok()?;
    }
}

impl Server {
    fn start(answers: Vec<Vec<u8>>) -> Tested<Self> {
        Self::start_with(answers, None)
    }

    fn start_with(answers: Vec<Vec<u8>>, tls: Option<Arc<ServerConfig>>) -> Tested<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/base/", listener.local_addr()?);
        let (sender, asked) = channel();
        let thread = thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut tell = |line, body| {
                let _ = sender.send((line, body));
            };
            while let Ok((mut stream, _)) = listener.accept() {
                match &tls {
                    None => serve(&mut stream, &mut answers, &mut tell),
                    Some(config) => {
                        ServerConnection::new(Arc::clone(config)).ok().and_then(|tls| {
                            serve(&mut StreamOwned::new(tls, stream), &mut answers, &mut tell)
                        })
                    }
                };
            }
        });
        Ok(Self { url, asked, _thread: thread })
    }

    fn transport(&self) -> Result<Arc<HttpTransport>, TransportError> {
        HttpTransport::new(&self.url, &HttpSettings::default(), &Cutoff::default())
    }
}

fn answer(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[test]
fn bytes_go_to_the_path_and_come_back() -> Tested {
    let answers = vec![answer("200 OK", BYTES, "one"), answer("507 Full", BYTES, "two")];
    let server = Server::start(answers)?;
    let transport = server.transport()?;
    let first = transport.post("/v1/sync", b"hello", 100)?;
    assert_eq!(first, Response { status: 200, body: b"one".to_vec() });
    let second = transport.post("/v1/access", b"", 100)?;
    assert_eq!(second, Response { status: 507, body: b"two".to_vec() });
    let asked: Vec<_> = server.asked.try_iter().collect();
    assert_eq!(asked[0], ("POST /base/v1/sync HTTP/1.1".to_owned(), b"hello".to_vec()));
    assert_eq!(asked[1].0, "POST /base/v1/access HTTP/1.1");
    Ok(())
}

#[test]
fn an_answer_may_not_be_larger_than_asked_for() -> Tested {
    let long = answer("200 OK", BYTES, &"x".repeat(101));
    let server = Server::start(vec![answer("200 OK", BYTES, &"x".repeat(100)), long])?;
    let transport = server.transport()?;
    assert_eq!(transport.post("/v1/sync", b"", 100)?.body.len(), 100);
    assert_eq!(transport.post("/v1/sync", b"", 100), Err(TransportError::TooLarge));
    Ok(())
}

#[test]
fn a_redirect_is_not_followed() -> Tested {
    let other = Server::start(vec![answer("200 OK", BYTES, "stolen")])?;
    let redirect =
        format!("HTTP/1.1 307 There\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", other.url);
    let server = Server::start(vec![redirect.into_bytes()])?;
    let response = server.transport()?.post("/v1/sync", b"secret", 100)?;
    assert_eq!(response.status, 307);
    assert!(other.asked.try_recv().is_err());
    Ok(())
}

#[test]
fn a_stream_gives_its_events_and_ends() -> Tested {
    let stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n\
        15\r\n: beat\n\ndata: 1 2 3\n\n\r\n9\r\ndata: 4\n\n\r\n0\r\n\r\n";
    let server = Server::start(vec![stream.to_vec()])?;
    let mut events = server.transport()?.events("/v1/events", b"")?;
    assert_eq!(events.next()?.as_deref(), Some("1 2 3"));
    assert_eq!(events.next()?.as_deref(), Some("4"));
    assert_eq!(events.next()?, None);
    Ok(())
}

#[test]
fn what_is_no_stream_is_given_back() -> Tested {
    let login = answer("200 OK", "text/html", "<html>");
    let refusal = answer("403 Forbidden", BYTES, "refused");
    let server = Server::start(vec![login, refusal])?;
    let transport = server.transport()?;
    for (status, body) in [(200, ""), (403, "refused")] {
        let response = Response { status, body: body.as_bytes().to_vec() };
        let error = transport.events("/v1/events", b"").err();
        assert_eq!(error, Some(TransportError::Answered(response)));
    }
    Ok(())
}

#[test]
fn a_page_is_no_answer() -> Tested {
    let page = answer("200 OK", "text/html; charset=utf-8", "\u{1}<html>");
    let untold = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none".to_vec();
    let server = Server::start(vec![page, untold])?;
    let transport = server.transport()?;
    assert_eq!(transport.post("/v1/sync", b"", 100)?.body, b"");
    assert_eq!(transport.post("/v1/sync", b"", 100)?.body, b"one");
    Ok(())
}

#[test]
fn who_is_not_there_is_told() -> Tested {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let new = |url: &str| HttpTransport::new(url, &HttpSettings::default(), &Cutoff::default());
    let refused = new(&format!("http://{free}"))?.post("/v1/sync", b"", 100).unwrap_err();
    assert!(matches!(refused, TransportError::Unreachable { .. }), "{refused}");
    // A server that hangs up at once.
    let server = Server::start(vec![])?;
    let lost = server.transport()?.post("/v1/sync", b"", 100).unwrap_err();
    assert!(matches!(lost, TransportError::Unreachable { .. }), "{lost}");
    // A server that speaks no TLS.
    let server = Server::start(vec![answer("400 Bad Request", "text/plain", "what?")])?;
    let plain = new(&server.url.replace("http", "https"))?.post("/v1/sync", b"", 100);
    assert!(matches!(plain, Err(TransportError::Unreachable { .. })), "{plain:?}");
    Ok(())
}

#[test]
fn a_request_ends_at_the_deadline() -> Tested {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let cutoff = Cutoff::default();
    let transport = HttpTransport::new(&url, &HttpSettings::default(), &cutoff)?;
    cutoff.set_deadline(Some(std::time::Instant::now() + Duration::from_millis(50)));
    assert_eq!(transport.post("/v1/sync", b"", 100), Err(TransportError::TimedOut));
    // There is no time for another.
    assert_eq!(transport.post("/v1/sync", b"", 100), Err(TransportError::TimedOut));
    Ok(())
}

#[test]
fn a_request_can_be_cut_off_and_others_follow() -> Tested {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let cutoff = Cutoff::default();
    let transport = HttpTransport::new(&url, &HttpSettings::default(), &cutoff)?;
    let waiting = Arc::clone(&transport);
    let request = thread::spawn(move || waiting.post("/v1/sync", b"", 100));
    // It has connected, and waits for the answer.
    let held = listener.accept()?;
    cutoff.shut();
    assert!(request.join().expect("does not panic").is_err());
    assert!(transport.post("/v1/sync", b"", 100).is_err());
    cutoff.reopen();
    drop(held);
    let next = thread::spawn(move || transport.post("/v1/sync", b"", 100));
    let (mut stream, _) = listener.accept()?;
    let mut answers = [answer("200 OK", BYTES, "one")].into_iter();
    serve(&mut stream, &mut answers, &mut |_, _| {});
    drop(stream);
    assert_eq!(next.join().expect("does not panic")?.body, b"one");
    Ok(())
}

/// A server with a certificate that is valid from one year on until another, and the authority's certificate.
fn tls_server(from: i32, until: i32) -> Tested<(Server, String)> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()])?;
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    let answers = vec![answer("200 OK", BYTES, "sealed")];
    Ok((Server::start_with(answers, Some(Arc::new(config)))?, authority.pem()))
}

fn post_over_tls(
    from: i32,
    until: i32,
    is_trusted: bool,
) -> Tested<Result<Response, TransportError>> {
    let (server, pem) = tls_server(from, until)?;
    let root_certificates = is_trusted.then(|| pem.into_bytes());
    let settings = HttpSettings { root_certificates, ..HttpSettings::default() };
    let transport = HttpTransport::new(&server.url, &settings, &Cutoff::default())?;
    Ok(transport.post("/v1/sync", b"", 100))
}

#[test]
fn an_own_authority_is_trusted_if_it_is_given() -> Tested {
    assert_eq!(post_over_tls(2000, 4000, true)??.body, b"sealed");
    let refused = post_over_tls(2000, 4000, false)?;
    assert!(matches!(refused, Err(TransportError::Certificate { .. })), "{refused:?}");
    Ok(())
}

#[test]
fn a_clock_that_is_far_off_is_told() -> Tested {
    assert_eq!(post_over_tls(3000, 4000, true)?, Err(TransportError::ClockWrong));
    assert_eq!(post_over_tls(1990, 2000, true)?, Err(TransportError::ClockWrong));
    Ok(())
}

#[test]
fn what_is_no_certificate_is_refused() {
    for pem in ["", "nothing", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let root_certificates = Some(pem.as_bytes().to_vec());
        let settings = HttpSettings { root_certificates, ..HttpSettings::default() };
        let made = HttpTransport::new("https://a", &settings, &Cutoff::default());
        assert!(matches!(made, Err(TransportError::Certificate { .. })), "{pem}");
    }
}

#[test]
fn a_relay_on_this_device_needs_no_proxy() {
    for url in ["http://localhost:1/x", "http://127.0.0.1", "http://[::1]:80", "http://LOCALHOST"] {
        assert!(is_on_this_device(url), "{url}");
    }
    for url in ["http://localhost.example", "http://10.0.0.1", "http://[::2]", "", "http://"] {
        assert!(!is_on_this_device(url), "{url}");
    }
}
