//! The server: syncular's, with HTTP around it.

use syncular_authority::LocalAuthority;
use tiny_http::{Response, Server};

use crate::rows::schema;

/// Serves a file, after it has printed its URL.
pub fn serve(file: &str) {
    let mut authority = LocalAuthority::open(file, &schema()).expect("a file of the server opens");
    let server = Server::http("127.0.0.1:0").expect("there is a free port");
    println!("http://{}", server.server_addr());
    for mut request in server.incoming_requests() {
        let mut body = vec![];
        request.as_reader().read_to_end(&mut body).expect("a request arrives");
        let answer = authority.sync(&body).expect("the server takes what its client sends");
        let _ = request.respond(Response::from_data(answer));
    }
}
