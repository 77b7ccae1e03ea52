//! What a test asks a database of PostgreSQL, or changes in it.

use tokio::runtime::Builder;
use tokio_postgres::{Client, Error, NoTls, Row};

/// Asks for rows.
pub fn ask(url: &str, sql: &str) -> Vec<Row> {
    run(url, async |client| client.query(sql, &[]).await).unwrap()
}

/// Changes rows, and returns how many, unless they cannot be as they are to be.
pub fn change(url: &str, sql: &str) -> Result<u64, Error> {
    run(url, async |client| client.execute(sql, &[]).await)
}

fn run<T>(url: &str, job: impl AsyncFnOnce(Client) -> Result<T, Error>) -> Result<T, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        job(client).await
    })
}
