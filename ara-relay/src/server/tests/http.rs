//! A client that sends what a test wants sent.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ara_protocol::message::Endpoint;

use crate::server::tests::blocking;

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends requests to an address, each on a connection of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) SocketAddr);

/// What came back.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
    }
}

/// A connection on which something was sent.
pub(super) struct Begun(TcpStream);

/// A stream of events.
pub(super) struct Events(Option<BufReader<TcpStream>>);

impl Client {
    /// The head of a request with a body of a length.
    pub(super) fn head(self, path: &str, length: usize) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n",
            self.0
        )
    }

    pub(super) async fn post(self, path: &str, body: Vec<u8>) -> Response {
        let head = self.head(path, body.len());
        self.send([head.into_bytes(), body].concat()).await
    }

    /// Sends a body of zeros whose length is not told.
    pub(super) async fn post_chunked(self, path: &str, length: usize) -> Response {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        request.extend(format!("{length:x}\r\n").into_bytes());
        request.extend(vec![0; length]);
        request.extend(b"\r\n0\r\n\r\n");
        self.send(request).await
    }

    pub(super) async fn get(self, path: &str) -> Response {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.0);
        self.send(request.into_bytes()).await
    }

    pub(super) async fn send(self, request: Vec<u8>) -> Response {
        self.begin(request).await.response().await
    }

    pub(super) async fn begin(self, request: Vec<u8>) -> Begun {
        blocking(move || {
            let stream = TcpStream::connect(self.0).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            // Who refuses a body may stop to read it.
            let _ = (&stream).write_all(&request);
            Begun(stream)
        })
        .await
    }

    pub(super) async fn events(self, signed: Vec<u8>) -> Events {
        let head = self.head(Endpoint::Events.path(), signed.len()).into_bytes();
        let Begun(stream) = self.begin([head, signed].concat()).await;
        blocking(move || {
            let mut reader = BufReader::new(stream);
            let (status, headers) = read_head(&mut reader);
            assert_eq!(status, 200);
            let kind = ("content-type".to_owned(), "text/event-stream".to_owned());
            assert!(headers.contains(&kind));
            Events(Some(reader))
        })
        .await
    }

    pub(super) async fn is_listening(self) -> bool {
        blocking(move || TcpStream::connect(self.0).is_ok()).await
    }
}

impl Begun {
    pub(super) async fn write(&mut self, bytes: Vec<u8>) {
        let mut stream = self.0.try_clone().unwrap();
        blocking(move || stream.write_all(&bytes).unwrap()).await;
    }

    pub(super) async fn response(self) -> Response {
        blocking(move || {
            let mut reader = BufReader::new(self.0);
            let (status, headers) = read_head(&mut reader);
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length = length.map_or(0, |(_, length)| length.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            Response { status, headers, body }
        })
        .await
    }

    /// Waits until the other side ends the connection.
    pub(super) async fn ended(mut self) {
        blocking(move || match self.0.read_to_end(&mut vec![]) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        })
        .await;
    }
}

impl Events {
    /// Returns what the next event says, or `None` at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            let line = self.next_line().await?;
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(data.to_owned());
            }
        }
    }

    /// Returns the next line that has something in it, without the frames of HTTP around it.
    pub(super) async fn next_line(&mut self) -> Option<String> {
        let mut reader = self.0.take().unwrap();
        let (reader, line) = blocking(move || {
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return (reader, None);
                }
                let line = line.trim_end();
                let is_size = !line.is_empty() && line.bytes().all(|it| it.is_ascii_hexdigit());
                if !line.is_empty() && !is_size {
                    return (reader, Some(line.to_owned()));
                }
            }
        })
        .await;
        self.0 = Some(reader);
        line
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
    let mut headers = vec![];
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            return (status, headers);
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}
