//! Tells the tests whether there is a PostgreSQL to test with, so that those that need one are listed as ignored if not.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_postgres)");
    println!("cargo::rerun-if-env-changed=ARA_TEST_POSTGRES");
    if std::env::var_os("ARA_TEST_POSTGRES").is_some_and(|url| !url.is_empty()) {
        println!("cargo::rustc-cfg=has_postgres");
    }
}
