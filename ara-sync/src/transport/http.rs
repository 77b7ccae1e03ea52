//! The way to the relay by HTTP.

mod clock;
pub(crate) mod cutoff;
mod event_stream;
mod failure;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::config::AutoHeaderValue;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, http};

use self::cutoff::Cutoff;
use self::event_stream::EventStream;
use self::failure::failure;
use crate::transport::{Events, Response, Transport, TransportError};

/// What requests and answers are.
const BYTES: &str = "application/octet-stream";

/// How long looking up a name may take, and then connecting.
const CONNECT: Duration = Duration::from_secs(15);

/// How long nothing may come or go within a request. A relay lets a request for a box of a pairing wait for 30 seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// How long nothing may come in a stream of events: two heartbeats.
const STREAM_SILENCE: Duration = Duration::from_secs(50);

/// How long an idle connection is kept. Servers close theirs after a minute or so.
const IDLE: Duration = Duration::from_secs(30);

/// The most bytes of an answer that is there in the place of a stream.
const LONGEST_NO_STREAM: u64 = 4 << 20;

/// Which proxy leads to a relay.
#[derive(Debug, Clone, Default)]
pub(crate) enum ProxyChoice {
    /// The one that the environment names, if any. A relay on this device is reached without it.
    #[default]
    Environment,
    /// This one.
    At(String),
}

/// How relays are reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct HttpSettings {
    /// The certificates, as PEM, by which a relay's must be signed, instead of those of the public authorities.
    pub(crate) root_certificates: Option<Vec<u8>>,
    pub(crate) proxy: ProxyChoice,
    /// How long nothing may come or go within a request, if the app says so.
    pub(crate) silence: Option<Duration>,
}

/// The way to one relay.
pub(crate) struct HttpTransport {
    /// The URL without what follows the path, and without a slash at its end.
    base: String,
    config: ureq::config::Config,
    agent: Mutex<Agent>,
    cutoff: Cutoff,
    silence: Duration,
}

impl HttpTransport {
    /// Makes the way to the relay at a URL. Nothing is connected yet.
    pub(crate) fn new(
        url: &str,
        settings: &HttpSettings,
        cutoff: &Cutoff,
    ) -> Result<Arc<Self>, TransportError> {
        let silence = settings.silence.unwrap_or(SILENCE);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A relay that has another URL says so in the access log, where it is signed.
            .max_redirects(0)
            .max_idle_age(IDLE)
            // The relay reads none of these, and each request would carry them.
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence));
        if let Some(pem) = &settings.root_certificates {
            config = config.tls_config(TlsConfig::builder().root_certs(roots(pem)?).build());
        }
        match &settings.proxy {
            ProxyChoice::Environment if is_on_this_device(url) => config = config.proxy(None),
            ProxyChoice::Environment => {}
            ProxyChoice::At(proxy) => {
                let proxy = Proxy::new(proxy).map_err(|error| failure(&error))?;
                config = config.proxy(Some(proxy));
            }
        }
        let config = config.build();
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let base = url.get(..end).unwrap_or(url).trim_end_matches('/').to_owned();
        let agent = Mutex::new(config.new_agent());
        let transport = Arc::new(Self { base, config, agent, cutoff: cutoff.clone(), silence });
        cutoff.register(&transport);
        Ok(transport)
    }

    /// Ends all requests and streams that are open, also those that are about to begin.
    fn cut(&self) {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *agent, self.config.new_agent()).shutdown();
    }

    fn send(
        &self,
        path: &str,
        body: &[u8],
        is_stream: bool,
    ) -> Result<http::Response<Body>, TransportError> {
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Asked after the agent is taken: who shuts the way ends what was taken before.
        let left = self.cutoff.left()?;
        let request =
            agent.post(format!("{}{path}", self.base)).header(http::header::CONTENT_TYPE, BYTES);
        // A stream lasts as long as it tells something.
        let (silence, most) =
            if is_stream { (STREAM_SILENCE, None) } else { (self.silence, Some(left)) };
        let config = request.config().timeout_per_read(Some(silence));
        let request = config.timeout_global(most).build();
        request.send(body).map_err(|error| failure(&error))
    }
}

impl Transport for HttpTransport {
    fn post(&self, path: &str, body: &[u8], most: usize) -> Result<Response, TransportError> {
        let _counted = self.cutoff.count();
        let response = self.send(path, body, false)?;
        read(response, u64::try_from(most).unwrap_or(u64::MAX))
    }

    fn events(&self, path: &str, body: &[u8]) -> Result<Box<dyn Events>, TransportError> {
        let _counted = self.cutoff.count();
        let response = self.send(path, body, true)?;
        let is_stream = response.body().mime_type() == Some("text/event-stream");
        if !is_stream || response.status() != http::StatusCode::OK {
            return Err(TransportError::Answered(read(response, LONGEST_NO_STREAM)?));
        }
        let body = response.into_body().into_with_config().limit(u64::MAX);
        Ok(Box::new(EventStream::new(body.reader())))
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Reads an answer. A body that says it is something else than bytes is nobody's answer, whatever it looks like: a
/// page of a network that wants a log-in, for example. It is left out.
fn read(response: http::Response<Body>, most: u64) -> Result<Response, TransportError> {
    let status = response.status().as_u16();
    let is_bytes = response.body().mime_type().is_none_or(|kind| kind == BYTES);
    if !is_bytes {
        return Ok(Response { status, body: vec![] });
    }
    let body = response.into_body().into_with_config().limit(most).read_to_vec();
    Ok(Response { status, body: body.map_err(|error| failure(&error))? })
}

fn roots(pem: &[u8]) -> Result<RootCerts, TransportError> {
    let mut certificates: Vec<Certificate<'static>> = vec![];
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| failure(&error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        let reason = "the root certificate that was given is not one as PEM".to_owned();
        return Err(TransportError::Certificate { reason });
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Returns whether a URL leads to this device.
fn is_on_this_device(url: &str) -> bool {
    let uri: Option<http::Uri> = url.parse().ok();
    uri.as_ref().and_then(http::Uri::host).is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse();
        host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address: IpAddr| address.is_loopback())
    })
}

#[cfg(test)]
mod tests;
