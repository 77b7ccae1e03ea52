//! The arguments of the command.

use std::env;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ara_protocol::request::origin;
use ara_relay::store::postgres::DEFAULT_CONNECTIONS;
use ara_relay::{Admission, Rate, ServerOptions, loopback_origins};
use clap::builder::{BoolishValueParser, RangedU64ValueParser};
use clap::{Arg, Command as Clap, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::command::Admin;
use crate::place::{FILE, Place, place_of};
use crate::size::parse_quota;

/// How many seconds' worth of requests may come at once.
const BURST_SECONDS: u32 = 10;

/// The relay of ara's sync.
///
/// Devices of one person keep equal databases through it. It stores and passes on what they send, and cannot read it:
/// everything is sealed by the devices. Without arguments it serves this machine alone, at http://127.0.0.1:4040, and
/// keeps its data in the file ara-relay.db in the current folder.
///
/// To serve other machines, put a reverse proxy before it that speaks https, such as Caddy or nginx, and tell the relay
/// the URL that the devices call:
///
///   ARA_RELAY_TOKEN=SECRET ara-relay --origin https://relay.example --behind-proxy --admit token
///
/// The proxy must pass on bodies of 8 MB, must not buffer answers (those of /v1/events never end), and must wait at
/// least a minute for an answer. It sets X-Forwarded-For.
///
/// One that serves many keeps its data in PostgreSQL, and can be started several times behind a load balancer:
///
///   ara-relay --origin https://relay.example --behind-proxy --store postgres://ara:SECRET@db.example/ara
///
/// A copy of the data while the relay runs is made by `ara-relay admin backup copy.db`, and by nothing else. A relay that was
/// put back to such a copy is given by the devices what it has lost.
///
/// `ara-relay admin` looks after what a relay keeps, also while it runs.
///
/// Each option can be set by an environment variable too. What is given as an argument counts more.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The address to listen on.
    ///
    /// With port 0 the system chooses one, and the line that the relay prints when it is ready tells which. The relay
    /// speaks http; https is a reverse proxy's.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ARA_RELAY_LISTEN",
        default_value = "127.0.0.1:4040"
    )]
    pub(crate) listen: SocketAddr,

    /// Where the relay keeps everything: a file, or a database of PostgreSQL.
    ///
    /// A path, which can begin with sqlite:, is that of a file of SQLite, beside which are others while the relay
    /// runs. One relay uses it at a time: a second one does not start. If it is a folder, the file in it is
    /// ara-relay.db.
    ///
    /// postgres://USER:PASSWORD@HOST/DATABASE is a database of PostgreSQL, in which the relay makes its tables. Any number
    /// of relays use it at a time. With ?sslmode=verify-full the connection is encrypted, and it is checked who the
    /// database is, by the authorities that browsers trust or by &sslrootcert=FILE; verify-ca checks no name, and require
    /// checks nothing unless there is a FILE. Arguments are seen by other users of the machine: prefer the environment
    /// variable.
    #[arg(
        long,
        value_name = "STORE",
        env = "ARA_RELAY_STORE",
        hide_env_values = true,
        default_value = FILE,
        global = true
    )]
    store: OsString,

    /// How many connections to PostgreSQL there may be at once, besides the one by which relays tell each other news.
    #[arg(
        long,
        value_name = "NUMBER",
        env = "ARA_RELAY_STORE_CONNECTIONS",
        default_value_t = DEFAULT_CONNECTIONS,
        value_parser = at_least_one()
    )]
    pub(crate) store_connections: usize,

    /// A URL by which devices call the relay. Can be given several times.
    ///
    /// Devices sign for whom a request is, so that no relay can pass it on to another one. Requests that were signed for
    /// another URL are refused. Only the scheme, the host and the port count, as the device has them: those of the
    /// proxy, if there is one. 127.0.0.1, localhost and ::1 with the port of --listen always count. Several URLs can also be
    /// separated by commas.
    #[arg(long, value_name = "URL", env = "ARA_RELAY_ORIGIN", value_delimiter = ',', value_parser = parse_origin)]
    origin: Vec<String>,

    /// Who may found a space, which is what one person's devices share.
    ///
    /// Whoever has a space may use it and let devices into it; this is about new ones. Without this option it is `token`
    /// if there is a --token, and else `open`; but a relay that others can reach does not start without being told.
    #[arg(long, value_name = "WHO", env = "ARA_RELAY_ADMIT")]
    admit: Option<Admit>,

    /// A secret that a device must know to found a space. Can be given several times.
    ///
    /// An app passes it to `.admission(..)`. Arguments are seen by other users of the machine: prefer the environment
    /// variable, in which tokens are separated by commas.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ARA_RELAY_TOKEN",
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = parse_token
    )]
    token: Vec<String>,

    /// How much a space may have: a number of bytes, or of KB, MB, GB or TB.
    ///
    /// What does not fit is refused, and waits on the device. Letting a device out always passes. It is 1 MB at least.
    #[arg(long, value_name = "SIZE", env = "ARA_RELAY_QUOTA", default_value = "1GB", value_parser = parse_quota)]
    pub(crate) quota: u64,

    /// How many requests a second one address may send, or 0 for any number.
    ///
    /// Ten times as many may come at once. All addresses of one IPv6 network (/64) count as one. Requests from this
    /// machine are not counted, unless there is --behind-proxy or --limit-this-machine.
    #[arg(long, value_name = "NUMBER", env = "ARA_RELAY_RATE", default_value_t = 50)]
    rate: u32,

    /// How many spaces one address may found a day, or 0 for any number.
    ///
    /// So many may be founded at once, and they come back over the day. A space that comes back to a relay which has lost it
    /// counts, too; who uses a space that is there, or joins it, does not. Whose addresses count as one, and whose do not
    /// count, is as for --rate.
    #[arg(long, value_name = "NUMBER", env = "ARA_RELAY_NEW_SPACES", default_value_t = 100)]
    new_spaces: u32,

    /// Takes the address of who asks from the header X-Forwarded-For, whose last one the proxy has set.
    ///
    /// Without a proxy that sets it, anybody could choose an address.
    #[arg(long, env = "ARA_RELAY_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub(crate) behind_proxy: bool,

    /// How many connections there may be at once. More wait.
    ///
    /// Each device that is connected has one or two. If the system does not allow as many open files, there are fewer,
    /// and the relay says so.
    #[arg(long, value_name = "NUMBER", env = "ARA_RELAY_CONNECTIONS", default_value_t = 4096, value_parser = at_least_one())]
    pub(crate) connections: usize,

    /// How many of them one address may have. More are closed.
    ///
    /// With --behind-proxy it is how many requests and streams of events of one address there may be at once, and more
    /// are refused. It should be twice the devices that may be behind one address, such as those of an office.
    /// Connections from this machine are not counted, unless there is --limit-this-machine.
    #[arg(long, value_name = "NUMBER", env = "ARA_RELAY_CONNECTIONS_EACH", default_value_t = 256, value_parser = at_least_one())]
    pub(crate) connections_each: usize,

    /// Limits who runs on this machine, by address, as others are.
    ///
    /// It is for a machine whose users do not trust each other, and has no effect with --behind-proxy.
    #[arg(long, env = "ARA_RELAY_LIMIT_THIS_MACHINE", value_parser = BoolishValueParser::new())]
    pub(crate) limit_this_machine: bool,

    /// For how many seconds the relay waits for a client.
    ///
    /// A client may take so long for the head of a request, and again for its body; may take no answer for so long, or
    /// less than 128 KB of it; and may leave a connection unused. Then it is closed.
    #[arg(long, value_name = "SECONDS", env = "ARA_RELAY_PATIENCE", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,

    /// An address to tell Prometheus at how the relay does, at the path /metrics.
    ///
    /// It should be one that others cannot reach. Whether the relay is well tells /health, at the address of --listen.
    #[arg(long, value_name = "ADDRESS", env = "ARA_RELAY_METRICS")]
    pub(crate) metrics: Option<SocketAddr>,

    /// How much to write to the standard error. It never names a space, a device, or what they sent.
    #[arg(long, value_name = "LEVEL", env = "ARA_RELAY_LOG", default_value = "info")]
    pub(crate) log: Level,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What is done instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Looks after what a relay keeps: lists spaces, decides about single ones, copies and checks them.
    Admin(Admin),
}

/// Who may found a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Admit {
    /// Everybody.
    Open,
    /// Who knows a --token.
    Token,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Nothing.
    Off,
    /// What keeps the relay from answering.
    Error,
    /// What should be looked at.
    Warn,
    /// When it starts and stops.
    Info,
    /// Each request, with its path, its status and how long it took.
    Debug,
}

impl Arguments {
    /// Reads the arguments, and what the environment says where they say nothing. Where it says nothing either, as a file
    /// of variables has them that are to be filled in, a variable counts as not set. Ends the process if they cannot be read.
    pub(crate) fn read() -> Self {
        let is_empty =
            |arg: &Arg| arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
        let matches = without_env(Self::command(), &is_empty).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Returns where everything is kept.
    ///
    /// # Errors
    ///
    /// Returns an error if it is named in no way that is known.
    pub(crate) fn place(&self) -> anyhow::Result<Place> {
        place_of(&self.store)
    }

    /// Returns the origins that the relay serves, once it is known on which port it listens.
    ///
    /// # Errors
    ///
    /// Returns what is missing if no device elsewhere could call it.
    pub(crate) fn origins(&self, listening: SocketAddr) -> Result<Vec<String>, String> {
        let mut origins = self.origin.clone();
        if self.lacks_origin(listening) {
            return Err("the relay listens on all addresses, so it has to be told by which URL devices call it: \
                        add --origin URL"
                .to_owned());
        }
        let own = origin(&format!("http://{listening}")).map_err(|error| error.to_string())?;
        for one in loopback_origins(listening.port()).into_iter().chain([own]) {
            if !origins.contains(&one) {
                origins.push(one);
            }
        }
        Ok(origins)
    }

    /// Returns who may found a space.
    ///
    /// # Errors
    ///
    /// Returns what is missing or too much.
    pub(crate) fn admission(&self) -> Result<Admission, String> {
        let tokens = self.token.clone();
        match self.admit {
            Some(Admit::Open) if tokens.is_empty() => Ok(Admission::Open),
            Some(Admit::Open) => {
                Err("--admit open lets everybody found spaces, so there is no use for a --token: \
                                      leave one of them out"
                    .to_owned())
            }
            Some(Admit::Token) if tokens.is_empty() => {
                Err("--admit token needs a --token, or ARA_RELAY_TOKEN".to_owned())
            }
            None if tokens.is_empty() && self.is_reached_by_others() => {
                let mut told = "others can reach this relay, so it has to be told who may found \
                                spaces: add --token TOKEN, or --admit open"
                    .to_owned();
                if self.lacks_origin(self.listen) {
                    told.push_str("; and by which URL devices call it: add --origin URL");
                }
                Err(told)
            }
            None if tokens.is_empty() => Ok(Admission::Open),
            Some(Admit::Token) | None => Ok(Admission::Token(tokens)),
        }
    }

    /// Returns how many requests one address may send.
    pub(crate) fn rate(&self) -> Option<Rate> {
        let burst = self.rate.saturating_mul(BURST_SECONDS);
        (self.rate > 0).then_some(Rate { per_second: self.rate, burst })
    }

    /// Returns how many spaces one address may found a day.
    pub(crate) fn new_spaces(&self) -> Option<u32> {
        (self.new_spaces > 0).then_some(self.new_spaces)
    }

    /// Returns what is likely not meant so, and what to do about it.
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        let is_https = self.origin.iter().any(|origin| origin.starts_with("https://"));
        (is_https && !self.behind_proxy).then_some(
            "devices call this relay by https, which a reverse proxy speaks for it: add --behind-proxy, and have the proxy set \
             X-Forwarded-For; as it is, all devices count as one address, and have no limits if the proxy is on this machine",
        )
    }

    /// Returns how the server behaves that the arguments ask for, with so many connections.
    pub(crate) fn server(&self, connections: usize) -> ServerOptions {
        let patience = Duration::from_secs(self.patience);
        ServerOptions {
            head_patience: patience,
            body_patience: patience,
            write_patience: patience,
            most_connections: connections,
            most_connections_of_one: self.connections_each,
            limits_this_machine: self.limit_this_machine,
            is_behind_proxy: self.behind_proxy,
            ..ServerOptions::default()
        }
    }

    /// Returns whether nothing tells by which URL devices elsewhere call the relay.
    fn lacks_origin(&self, listening: SocketAddr) -> bool {
        self.origin.is_empty() && listening.ip().is_unspecified()
    }

    fn is_reached_by_others(&self) -> bool {
        let is_of_others = |origin: &String| {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            let address = host.trim_start_matches('[').split([']', ':']).next();
            let is_loopback = host.starts_with("[::1]")
                || address == Some("localhost")
                || address
                    .and_then(|address| address.parse::<IpAddr>().ok())
                    .is_some_and(|it| it.is_loopback());
            !is_loopback
        };
        !self.listen.ip().is_loopback() || self.behind_proxy || self.origin.iter().any(is_of_others)
    }
}

/// Has arguments not ask the environment, those of subcommands too.
fn without_env(command: Clap, which: &impl Fn(&Arg) -> bool) -> Clap {
    let command = command.mut_args(|arg| if which(&arg) { arg.env(None::<&str>) } else { arg });
    command.mut_subcommands(|command| without_env(command, which))
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

fn parse_origin(url: &str) -> Result<String, String> {
    origin(url.trim()).map_err(|error| error.to_string())
}

fn parse_token(token: &str) -> Result<String, String> {
    let token = token.trim();
    if token.is_empty() {
        return Err(
            "a token that is empty admits nobody: leave it out, or write a secret".to_owned()
        );
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn parse(arguments: &[&str]) -> Arguments {
        Arguments::try_parse_from(["ara-relay"].iter().chain(arguments)).unwrap()
    }

    #[test]
    fn the_command_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_arguments_it_serves_this_machine() {
        let arguments = parse(&[]);
        assert_eq!(arguments.listen, "127.0.0.1:4040".parse().unwrap());
        assert_eq!(arguments.place().unwrap(), Place::File(PathBuf::from("ara-relay.db")));
        assert_eq!(arguments.admission(), Ok(Admission::Open));
        assert_eq!(arguments.quota, 1 << 30);
        assert_eq!(arguments.rate(), Some(Rate { per_second: 50, burst: 500 }));
        assert_eq!(arguments.server(4096), ServerOptions::default());
        let origins = arguments.origins(arguments.listen).unwrap();
        assert_eq!(origins, loopback_origins(4040));
    }

    #[test]
    fn one_that_others_reach_is_told_who_may_found_spaces() {
        for reached in [
            &["--listen", "0.0.0.0:80"][..],
            &["--listen", "[::]:80"],
            &["--listen", "192.168.1.2:80"],
            &["--origin", "https://relay.example"],
            &["--origin", "http://localhost,https://localhost.example"],
            &["--behind-proxy"],
        ] {
            assert!(parse(reached).admission().is_err(), "{reached:?}");
            let open = [reached, &["--admit", "open"]].concat();
            assert_eq!(parse(&open).admission(), Ok(Admission::Open));
            let token = [reached, &["--token", "a,b"]].concat();
            let tokens = Admission::Token(vec!["a".to_owned(), "b".to_owned()]);
            assert_eq!(parse(&token).admission(), Ok(tokens));
        }
        for own in ["http://localhost:4040", "http://[::1]:80", "http://127.0.0.1"] {
            assert_eq!(parse(&["--origin", own]).admission(), Ok(Admission::Open), "{own}");
        }
        let both = parse(&["--listen", "0.0.0.0:80"]).admission().unwrap_err();
        assert!(both.contains("--token") && both.contains("--origin"), "{both}");
        let one = parse(&["--listen", "192.168.1.2:80"]).admission().unwrap_err();
        assert!(!one.contains("--origin"), "{one}");
        assert!(parse(&["--admit", "token"]).admission().is_err());
        assert!(parse(&["--admit", "open", "--token", "a"]).admission().is_err());
    }

    #[test]
    fn it_serves_the_origins_that_it_is_told_and_its_own() {
        let listening = "192.168.1.2:4040".parse().unwrap();
        let arguments = parse(&["--origin", "https://Relay.example:443/a"]);
        let origins = arguments.origins(listening).unwrap();
        let expected: Vec<_> = ["https://relay.example".to_owned()]
            .into_iter()
            .chain(loopback_origins(4040))
            .chain(["http://192.168.1.2:4040".to_owned()])
            .collect();
        assert_eq!(origins, expected);
        assert!(parse(&[]).origins("0.0.0.0:80".parse().unwrap()).is_err());
        assert!(Arguments::try_parse_from(["ara-relay", "--origin", "relay.example"]).is_err());
        let several = parse(&["--origin", "https://a.example, https://b.example "]);
        assert_eq!(several.origin, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn what_would_serve_nobody_is_refused() {
        for refused in [
            &["--connections", "0"],
            &["--connections-each", "0"],
            &["--store-connections", "0"],
            &["--patience", "0"],
            &["--token", ""],
            &["--token", "a,,b"],
            &["--token", "a, "],
        ] {
            let parsed = Arguments::try_parse_from(["ara-relay"].iter().chain(refused));
            assert!(parsed.is_err(), "{refused:?}");
        }
        assert_eq!(parse(&["--token", "a, b"]).token, ["a", "b"]);
        // There it stands for any number.
        let any = parse(&["--rate", "0", "--new-spaces", "0"]);
        assert_eq!((any.rate(), any.new_spaces()), (None, None));
        assert_eq!(parse(&[]).new_spaces(), Some(100));
    }

    #[test]
    fn a_proxy_that_the_relay_does_not_know_of_is_doubted() {
        let doubt = |arguments: &[&str]| parse(arguments).doubt();
        let https = ["--origin", "http://a.example, https://a.example"];
        assert!(doubt(&https).is_some_and(|doubt| doubt.contains("--behind-proxy")));
        assert_eq!(doubt(&[&https[..], &["--behind-proxy"]].concat()), None);
        assert_eq!(doubt(&["--origin", "http://a.example"]), None);
    }

    #[test]
    fn the_help_and_the_guide_agree() {
        let help = Arguments::command().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("wait at least a minute for an answer"), "{help}");
    }
}
