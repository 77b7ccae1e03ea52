//! Programs that keep what `ara.lock` says was released: each is compiled against it.
#![allow(dead_code, missing_docs, reason = "they are compiled, and not used")]

pub mod additions;
pub mod another_order;
pub mod denied_warnings;
pub mod deprecated;
pub mod elsewhere;
pub mod indexes;
pub mod other_types_stored_alike;
pub mod renamed_in_rust;
pub mod required_and_optional;
pub mod tables_of_no_schema;
pub mod unchanged;

#[test]
fn what_they_declare_can_be_used() {
    denied_warnings::main();
    tables_of_no_schema::main();
}
