#![doc = include_str!("guide_links.md")]
#![doc = include_str!("../guide/README.md")]

/// A page of the guide: the links in it lead to pages here, and to files where the guide is read elsewhere.
macro_rules! page {
    ($name:ident: $text:expr) => {
        #[doc = include_str!("guide_links.md")]
        #[doc = $text]
        pub mod $name {}
    };
}

page! { first_program: include_str!("../guide/first_program.md") }
page! { missing: include_str!("../guide/missing.md") }
page! { types: include_str!("../guide/types.md") }
#[cfg(feature = "jiff")]
page! { times: include_str!("../guide/times.md") }
#[cfg(not(feature = "jiff"))]
page! { times: "This page is about the feature `jiff`: build the documentation with it to read the page." }
page! { writing: include_str!("../guide/writing.md") }
page! { transactions: include_str!("../guide/transactions.md") }
page! { queries: include_str!("../guide/queries.md") }
page! { joins: include_str!("../guide/joins.md") }
page! { groups: include_str!("../guide/groups.md") }
page! { subqueries: include_str!("../guide/subqueries.md") }
page! { pages: include_str!("../guide/pages.md") }
page! { prepared: include_str!("../guide/prepared.md") }
page! { sql: include_str!("../guide/sql.md") }
page! { search: include_str!("../guide/search.md") }
page! { watching: include_str!("../guide/watching.md") }
page! { devices: include_str!("../guide/devices.md") }
#[cfg(feature = "sync")]
page! { bytes: include_str!("../guide/bytes.md") }
#[cfg(not(feature = "sync"))]
page! { bytes: "This page is about the feature `sync`: build the documentation with it to read the page." }
page! { counters: include_str!("../guide/counters.md") }
page! { history: include_str!("../guide/history.md") }
page! { maintenance: include_str!("../guide/maintenance.md") }
page! { schema: include_str!("../guide/schema.md") }
page! { ci: include_str!("../guide/ci.md") }
page! { ensure: include_str!("../guide/ensure.md") }
#[cfg(not(doctest))]
page! { async_apps: include_str!("../guide/async_apps.md") }
#[cfg(not(doctest))]
page! { web_server: include_str!("../guide/web_server.md") }
page! { gui: include_str!("../guide/gui.md") }
page! { fake_clock: include_str!("../guide/fake_clock.md") }
page! { repository: include_str!("../guide/repository.md") }
page! { money: include_str!("../guide/money.md") }
page! { importing: include_str!("../guide/importing.md") }

page! { wire_format: include_str!("../ara-core/src/wire/format.md") }
page! { file_format: include_str!("../FORMAT.md") }

#[doc(inline)]
pub use ara_core::schema::schema_changes;
