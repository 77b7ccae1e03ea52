//! Pairings.

use super::Vector;
use crate::ids::{RecordHash, SpaceId};
use crate::pairing::{Invitation, Joining, Outcome, PairingCode};

#[test]
fn pairings() {
    Vector::each("pairing.json", |vector| {
        let [member, device] = ["member", "device"].map(|field| vector.keys(field));
        let code = PairingCode::parse(vector.text("code")).unwrap();
        assert_eq!(*code.text(), vector.text("code"));
        let space = SpaceId::from_bytes(vector.array("space"));
        let access = RecordHash::from_bytes(vector.array("access"));

        let invitation = Invitation::new(code.clone());
        vector.made_bytes("mailbox", invitation.mailbox().id().as_bytes());
        let signer = invitation.mailbox().signer().public().member();
        vector.made_bytes("mailbox_signer", signer.as_bytes());
        let (joining, commitment) = vector
            .with_random("commitment_random", |vector, random| {
                Joining::begin(&code, device.public(), vector.text("name"), random)
            })
            .unwrap();
        vector.made_bytes("commitment", &commitment);
        // From here on, each side reads what the vector says.
        let (answered, answer) = vector
            .with_random("answer_random", |vector, random| {
                invitation.answer(&vector.bytes("commitment"), member.public().member(), random)
            })
            .unwrap();
        vector.made_bytes("answer", &answer);
        let (revealed, reveal) = vector
            .with_random("reveal_random", |vector, random| {
                joining.reveal(&vector.bytes("answer"), random)
            })
            .unwrap();
        vector.made_bytes("reveal", &reveal);
        vector.made("digits", revealed.digits());
        let mut request = answered.read_reveal(&vector.bytes("reveal")).unwrap();
        assert_eq!(request.name(), vector.text("name"));
        let accepted = request.confirm(vector.text("digits")).unwrap();
        assert_eq!(accepted.device(), &device.public());
        let result = vector.with_random("result_random", |_, random| {
            accepted.result(&member, space, access, random)
        });
        vector.made_bytes("result", &result.unwrap());
        let outcome = revealed.confirmed_by_user().read_result(&vector.bytes("result"));
        assert_eq!(outcome, Ok(Outcome { space, access, member: member.public().member() }));
    });
}
