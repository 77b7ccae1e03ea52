//! What an app can say when sync begins.

use std::sync::Arc;

use ara_core::{Result, SchemaFacts};

use crate::engine::settings::{Connect, Settings};
use crate::fault::Fault;
use crate::keys::KeyStore;
use crate::transport::Transport;
use crate::transport::http::cutoff::Cutoff;
use crate::transport::http::{HttpSettings, HttpTransport, ProxyChoice};

/// What an app can say when sync begins: the methods of the builders fill it.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) device_name: String,
    pub(crate) app_version: Option<String>,
    pub(crate) refuse_newer: bool,
    pub(crate) admission: String,
    pub(crate) http: HttpSettings,
    pub(crate) keys: Option<Arc<dyn KeyStore>>,
}

impl Options {
    /// Returns what the engine has to know.
    pub(crate) fn settings(&self, schema: &SchemaFacts) -> Settings {
        let app_version = self.app_version.as_deref().unwrap_or(schema.app_version).to_owned();
        Settings {
            device_name: self.device_name.clone(),
            app_version,
            schema_version: schema.version,
            schema_checksum: schema.checksum,
            refuse_newer: self.refuse_newer,
            admission: self.admission.clone(),
            ..Settings::default()
        }
    }

    /// Returns what makes the way to a relay. A cutoff ends its requests.
    pub(crate) fn connect(&self, cutoff: &Cutoff) -> Connect {
        connect(&self.http, cutoff)
    }

    /// Checks what does not depend on the network, so that a wrong certificate is told at once.
    pub(crate) fn check(&self, url: &str) -> Result<()> {
        ara_protocol::request::origin(url).map_err(Fault::from)?;
        self.connect(&Cutoff::default())(url)?;
        Ok(())
    }

    pub(crate) fn set_proxy(&mut self, url: &str) {
        self.http.proxy = ProxyChoice::At(url.to_owned());
    }
}

/// Returns what makes the way to a relay.
pub(crate) fn connect(http: &HttpSettings, cutoff: &Cutoff) -> Connect {
    let (http, cutoff) = (http.clone(), cutoff.clone());
    Arc::new(move |url| {
        let transport: Arc<dyn Transport> = HttpTransport::new(url, &http, &cutoff)?;
        Ok(transport)
    })
}

/// The options that all builders have.
macro_rules! option_methods {
    () => {
        /// Sets the name of this device, which the user sees on the others. It is at most 256 bytes long.
        pub fn device_name(mut self, name: impl Into<String>) -> Self {
            self.options.device_name = name.into();
            self
        }

        /// Sets the version of the app, which the other devices are told. Without it, it is the version of the
        /// package that declares the schema.
        pub fn app_version(mut self, version: impl Into<String>) -> Self {
            self.options.app_version = Some(version.into());
            self
        }

        /// Lets what was written under a newer schema than this app's wait for an update of the app. Without it,
        /// everything is taken, and what this app does not know stays in the file unseen.
        ///
        /// Versions are those of `ara.lock`, so each release has to be recorded by `cargo ara lock`. Without any,
        /// sync does not begin: [`Error::NothingReleased`](ara_core::Error::NothingReleased).
        pub fn refuse_newer(mut self) -> Self {
            self.options.refuse_newer = true;
            self
        }

        /// Sets the certificates, as PEM, of the authorities that this app trusts to vouch for the relay, instead of
        /// the public ones: for a relay whose certificate is one's own.
        pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
            self.options.http.root_certificates = Some(pem.into());
            self
        }

        /// Sets the URL of the proxy that leads to the relay. Without it, it is what the environment names, if it
        /// names one.
        pub fn proxy(mut self, url: &str) -> Self {
            self.options.set_proxy(url);
            self
        }

        /// Sets how long the relay may be silent within a request before the request counts as failed. Without it,
        /// that is 45 seconds. While devices pair, a relay is silent for 5 seconds at a time, so it should be longer.
        pub fn patience(mut self, silence: std::time::Duration) -> Self {
            self.options.http.silence = Some(silence);
            self
        }

        /// Sets the token by which the relay takes a space that it does not have, if it wants one: a new one, or one that
        /// it has lost and is given again.
        pub fn admission(mut self, token: impl Into<String>) -> Self {
            self.options.admission = token.into();
            self
        }

        /// Sets where the keys of this device are kept. Without it, it is a file beside the database:
        /// see [`FileKeyStore`](crate::FileKeyStore).
        pub fn keys(mut self, store: impl crate::keys::KeyStore + 'static) -> Self {
            self.options.keys = Some(std::sync::Arc::new(store));
            self
        }
    };
}

pub(crate) use option_methods;
