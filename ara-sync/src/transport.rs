//! How bytes get to the relay and back.

pub(crate) mod http;

/// A way to the relay: HTTP, or in tests a call of the relay itself.
pub trait Transport: Send + Sync {
    /// Sends a body to a path of the relay, and returns the status and the body of the answer.
    ///
    /// # Errors
    ///
    /// Returns an error if no answer came, or one that has more than `most` bytes.
    fn post(&self, path: &str, body: &[u8], most: usize) -> Result<Response, TransportError>;

    /// Opens the stream of events.
    ///
    /// # Errors
    ///
    /// Returns an error if the relay cannot be reached, and [`TransportError::Answered`] if it answers anything but
    /// a stream.
    fn events(&self, path: &str, body: &[u8]) -> Result<Box<dyn Events>, TransportError>;
}

/// A stream of events that is open.
pub trait Events: Send {
    /// Waits for the next event, and returns its data. Returns `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection is lost, or nothing came for longer than a heartbeat takes.
    fn next(&mut self) -> Result<Option<String>, TransportError>;
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// There is no way to the relay: no network, no such host, nobody listens there, or the connection was lost.
    #[error("the relay cannot be reached ({reason})")]
    Unreachable {
        /// What the operating system or the library says.
        reason: String,
    },

    /// No answer came in time.
    #[error("the relay did not answer in time")]
    TimedOut,

    /// The certificate of the relay is not valid.
    #[error("the relay's certificate is not valid ({reason})")]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },

    /// The certificate of the relay is not valid at the time that this device's clock shows.
    #[error("the relay's certificate is not valid at this time: check the clock of this device")]
    ClockWrong,

    /// The answer is larger than one may be.
    #[error("the relay's answer is too large")]
    TooLarge,

    /// A stream was asked for, and something else came.
    #[error("the relay answered with status {}", .0.status)]
    Answered(Response),
}
