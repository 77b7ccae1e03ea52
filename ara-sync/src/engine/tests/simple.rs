//! What happens every day.

use crate::engine::tests::world::{World, converge};

#[test]
fn two_devices_bring_each_other_what_they_write() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("Buy milk");
    laptop.sync();
    let mut phone = world.join(&mut laptop);
    phone.write("Make tea");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles(), ["Buy milk", "Make tea"]);
    for at in 0..20 {
        laptop.write(&format!("laptop {at}"));
        phone.write(&format!("phone {at}"));
        laptop.sync();
        phone.sync();
    }
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(laptop.titles().len(), 42);
    assert_eq!(laptop.alarms(), []);
    assert_eq!(phone.alarms().len(), 0);
}
