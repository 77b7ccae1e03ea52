//! Two engines on one file, as two processes of an app may have.

use std::sync::Arc;

use crate::engine::base::Engine;
use crate::engine::tests::world::{URL, World, converge, settings};
use crate::fault::Fault;

#[test]
fn who_was_overtaken_notices_and_goes_on_from_there() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    let mut second = Engine::open(
        &phone.db,
        Arc::clone(&phone.keys),
        URL,
        world.net.connect(),
        settings("Phone"),
    )
    .unwrap()
    .unwrap();
    for at in 0..6 {
        laptop.write(&format!("laptop {at}"));
        laptop.sync();
        phone.write(&format!("phone {at}"));
        let mut overtaken = 0;
        let mut synced = false;
        while !synced {
            let outcome = match at % 2 {
                0 => phone.engine.round(&|| false, &mut |_| {}),
                _ => second.round(&|| false, &mut |_| {}),
            };
            match outcome {
                Ok(outcome) => synced = outcome.is_complete,
                Err(Fault::Overtaken) => overtaken += 1,
                Err(fault) => panic!("{fault}"),
            }
            assert!(overtaken < 3);
        }
    }
    world.reopen(&mut phone);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 12);
    assert_eq!((phone.alarms(), laptop.alarms()), (vec![], vec![]));
}
