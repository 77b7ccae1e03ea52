//! Requests.

use super::Vector;
use crate::ids::SpaceId;
use crate::request::{Challenge, Request, RequestSignature, hash_body, origin};

#[test]
fn requests() {
    Vector::each("request.json", |vector| {
        let member = vector.keys("member");
        let relay_key = vector.array("relay_key");
        let space = SpaceId::from_bytes(vector.array("space"));
        let expiry = vector.number("expiry");
        vector.made_bytes("challenge", Challenge::new(&relay_key, space, expiry).as_bytes());
        vector.made("audience", origin(vector.text("relay")).unwrap());
        let challenge = vector.bytes("challenge");
        let [audience, method, path] =
            ["audience", "method", "path"].map(|field| vector.text(field).to_owned());
        let request = Request {
            audience: &audience,
            method: &method,
            path: &path,
            body: hash_body(&vector.bytes("body")),
            challenge: &challenge,
        };
        vector.made_bytes("signature", &request.sign(&member).unwrap().to_bytes());

        let signature = RequestSignature::read(&vector.bytes("signature")).unwrap();
        assert_eq!(signature.verify(&request), Ok(member.public().member()));
        assert_eq!(Challenge::check(&challenge, &relay_key, space, expiry - 1), Ok(()));
    });
}
