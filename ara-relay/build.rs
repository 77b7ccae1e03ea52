//! Tells the tests whether there is a PostgreSQL to test with, and whether they can start one of their own, so that those
//! that need it are listed as ignored if not.

fn main() {
    for (variable, name) in
        [("ARA_TEST_POSTGRES", "has_postgres"), ("ARA_TEST_POSTGRES_CONTROL", "has_own_postgres")]
    {
        println!("cargo::rustc-check-cfg=cfg({name})");
        println!("cargo::rerun-if-env-changed={variable}");
        if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
            println!("cargo::rustc-cfg={name}");
        }
    }
}
