//! The compiler's messages: each fault in a file of its own, with what is said of it.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}

/// What is known only where code is made of a query, which `cargo check` does not do. The program that
/// passes makes trybuild build them all.
#[test]
fn messages_of_built_code() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/built/*.rs");
    cases.pass("tests/ui/built/pass/*.rs");
}
