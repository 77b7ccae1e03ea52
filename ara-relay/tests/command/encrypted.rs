//! Encrypted connections to the database, which has a certificate.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use ara_protocol::SpaceId;
use ara_relay::PostgresStore;
use ara_relay::store::{Store, Topic};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::cluster::Cluster;
use crate::sql::{ask, change};

/// How long to wait for what is a matter of milliseconds.
const LONG: Duration = Duration::from_secs(120);

/// A certificate with its key, and that of the authority that signed it, as text.
struct Certified {
    certificate: String,
    key: String,
    authority: String,
}

/// A certificate for a host, by an authority of its own.
fn certified(host: &str, until: i32) -> Certified {
    let mut of_authority = CertificateParams::new(vec![]).unwrap();
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority =
        CertifiedIssuer::self_signed(of_authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.signed_by(&key, &authority).unwrap().pem();
    Certified { certificate, key: key.serialize_pem(), authority: authority.pem() }
}

/// A certificate that nobody else has signed, of the kind that `openssl req -x509` makes.
fn of_its_own(host: &str) -> Certified {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    Certified { authority: certificate.clone(), certificate, key: key.serialize_pem() }
}

/// Writes a file of the database, as nobody else can.
fn write(url: &str, file: &str, text: &str) {
    let sql = format!(
        "COPY (SELECT unnest(string_to_array($text${text}$text$, chr(10)))) TO PROGRAM 'umask 077; cat >{file}'"
    );
    change(url, &sql).unwrap();
}

/// Has the database encrypt connections by a certificate, once those are taken that begin from now on.
fn encrypt(url: &str, certified: &Certified) {
    write(url, "server.crt", &certified.certificate);
    write(url, "server.key", &certified.key);
    change(url, "ALTER SYSTEM SET ssl = on").unwrap();
    let loaded = "SELECT pg_conf_load_time()::text";
    let before: String = ask(url, loaded)[0].get(0);
    ask(url, "SELECT pg_reload_conf()");
    let begun = Instant::now();
    while ask(url, loaded)[0].get::<_, String>(0) == before {
        assert!(begun.elapsed() < LONG);
    }
}

/// Connects, and returns why not, or whether the connection is encrypted.
fn connect(url: &str, host: &str, parameters: &str) -> Result<(), String> {
    let url = url.replace("127.0.0.1", host);
    let (address, options) = url.split_once('?').unwrap();
    let url = format!("{address}?{options}&application_name=tested{parameters}");
    PostgresStore::connect(&url).map(drop).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(outcome: Result<(), String>, advice: &str) {
    let told = outcome.unwrap_err();
    assert!(told.contains(advice), "{told}");
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    format!("&sslrootcert={}", path.to_str().unwrap().replace('/', "%2F"))
}

#[test]
#[cfg_attr(not(has_own_postgres), ignore = "ARA_TEST_POSTGRES_CONTROL is not set")]
fn the_database_must_show_itself_to_be_as_much_as_the_url_says() {
    let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
    let url = &cluster.url();
    let sound = certified("localhost", 4000);
    let roots = &file(folder.path(), "roots.pem", &sound.authority);
    let strangers = &file(folder.path(), "strangers.pem", &certified("localhost", 4000).authority);
    refused(connect(url, "localhost", "&sslmode=require"), "turn on `ssl` there");

    encrypt(url, &sound);
    let verify = |mode: &str, roots: &str| format!("&sslmode={mode}{roots}");
    for (host, parameters) in [
        ("localhost", verify("verify-full", roots)),
        ("localhost", verify("verify-ca", roots)),
        ("127.0.0.1", verify("verify-ca", roots)),
        ("127.0.0.1", verify("require", roots)),
        ("127.0.0.1", verify("require", "")),
        ("127.0.0.1", verify("disable", "")),
        ("127.0.0.1", String::new()),
    ] {
        assert_eq!(connect(url, host, &parameters), Ok(()), "{host} {parameters}");
    }
    let of_another = "write the host as the certificate names it";
    refused(connect(url, "127.0.0.1", &verify("verify-full", roots)), of_another);
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(connect(url, "localhost", &verify(mode, strangers)), "sslrootcert=FILE");
    }
    for mode in ["verify-ca", "verify-full"] {
        refused(connect(url, "localhost", &verify(mode, "")), "sslrootcert=FILE");
    }
    for wrong in ["allow", "prefer", "full"] {
        refused(connect(url, "localhost", &verify(wrong, "")), "sslmode is one of");
    }
    let empty = file(folder.path(), "empty.pem", "");
    refused(connect(url, "localhost", &verify("verify-full", &empty)), "has no certificate in");
    refused(connect(url, "localhost", &empty), "sslrootcert needs sslmode");

    // News go the same way.
    let encrypted =
        format!("{url}{}", verify("verify-full", roots)).replace("127.0.0.1", "localhost");
    let [one, other] = [0, 1].map(|_| PostgresStore::connect(&encrypted).unwrap());
    let (sender, heard) = channel();
    other.on_news(Box::new(move |topic| sender.send(topic).unwrap_or_default()));
    let (topic, begun) = (Topic::Space(SpaceId::from_bytes([1; 16])), Instant::now());
    while heard.recv_timeout(Duration::from_millis(50)) != Ok(topic) {
        assert!(begun.elapsed() < LONG);
        one.tell(topic);
    }
    let plain = ask(
        url,
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'ara-relay' AND NOT ssl",
    );
    assert_eq!(plain[0].get::<_, i64>(0), 0);
}

#[test]
#[cfg_attr(not(has_own_postgres), ignore = "ARA_TEST_POSTGRES_CONTROL is not set")]
fn who_may_not_connect_or_make_tables_is_told_what_to_do() {
    let cluster = Cluster::start();
    let url = &cluster.url();
    change(url, "CREATE ROLE stranger LOGIN PASSWORD 'p@ss'").unwrap();
    let stranger = url.replace("//ara@", "//stranger@");
    let refused_as_not_its_own = connect(&stranger, "127.0.0.1", "");
    refused(refused_as_not_its_own, "GRANT CREATE, USAGE ON SCHEMA public");
    change(url, "GRANT CREATE ON SCHEMA public TO stranger").unwrap();
    PostgresStore::connect(url).unwrap();
    let refused_as_of_another = connect(&stranger, "127.0.0.1", "");
    refused(refused_as_of_another, "connect as the user who has made the tables");
    let nowhere = connect(&url.replace("/postgres?", "/nowhere?"), "127.0.0.1", "");
    refused(nowhere, "make it first");

    write(url, "pg_hba.conf", "host all stranger all scram-sha-256\nhost all all all trust");
    ask(url, "SELECT pg_reload_conf()");
    let with = |password: &str| url.replace("//ara@", &format!("//stranger:{password}@"));
    let begun = Instant::now();
    loop {
        let told = connect(&with("wrong"), "127.0.0.1", "").unwrap_err();
        if told.contains("such as %40 for @") {
            assert!(told.contains("at 127.0.0.1:") && !told.contains("wrong"), "{told}");
            break;
        }
        assert!(begun.elapsed() < LONG);
    }
    refused(connect(&with("p@ss"), "127.0.0.1", ""), "an @ too many");
    refused(
        connect(&with("p%40ss"), "127.0.0.1", ""),
        "connect as the user who has made the tables",
    );
}

#[test]
#[cfg_attr(not(has_own_postgres), ignore = "ARA_TEST_POSTGRES_CONTROL is not set")]
fn a_certificate_that_nobody_else_signed_is_trusted_if_it_is_named_and_one_that_expired_is_not() {
    let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
    let url = &cluster.url();
    let own = of_its_own("localhost");
    let roots = file(folder.path(), "own.pem", &own.authority);
    encrypt(url, &own);
    assert_eq!(connect(url, "localhost", &format!("&sslmode=verify-full{roots}")), Ok(()));
    assert_eq!(connect(url, "127.0.0.1", &format!("&sslmode=verify-ca{roots}")), Ok(()));
    let of_another = connect(url, "127.0.0.1", &format!("&sslmode=verify-full{roots}"));
    refused(of_another, "write the host as the certificate names it");

    let old = certified("localhost", 2001);
    let roots = file(folder.path(), "old.pem", &old.authority);
    encrypt(url, &old);
    for mode in ["verify-ca", "verify-full"] {
        refused(connect(url, "localhost", &format!("&sslmode={mode}{roots}")), "has expired");
    }

    // A database that takes nothing else says so, and how it is done.
    write(url, "pg_hba.conf", "hostssl all all all trust");
    ask(url, "SELECT pg_reload_conf()");
    let begun = Instant::now();
    while connect(url, "127.0.0.1", "").is_ok() {
        assert!(begun.elapsed() < LONG);
    }
    refused(connect(url, "127.0.0.1", ""), "add sslmode=verify-full to the URL");
}
