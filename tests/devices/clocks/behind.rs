//! Devices whose clocks are behind, or stand at 1970.

use ara::prelude::*;

use crate::clocks::{DAY, Device, HOUR, MINUTE, NOW, SECOND, Todo, YEAR, meet, pass, see, send};
use support::Outcome;

/// What a clock that is behind shows.
const BEHIND: [i64; 8] =
    [NOW - SECOND, NOW - 4 * MINUTE, NOW - 6 * MINUTE, NOW - HOUR, NOW - DAY, NOW - YEAR, 5000, 0];

#[test]
fn it_sees_all_at_once() -> Outcome {
    for wall in BEHIND {
        let (slow, phone) = (Device::showing(wall)?, Device::showing(NOW)?);
        let tablet = Device::showing(NOW)?;
        let milk = phone.add("Buy milk")?;
        send(&phone, &tablet)?;
        let tea = tablet.add("Make tea")?;
        let reports = send(&tablet, &slow)?;
        assert!(reports.iter().all(|report| report.set_aside == 0), "{wall}: {reports:?}");
        assert_eq!(slow.query::<Todo>().count()?, 2, "{wall}");
        let home = slow.add("Call home")?;
        let all = [&slow, &phone, &tablet];
        meet(&all)?;
        for (id, title) in [(milk, "Buy milk"), (tea, "Make tea"), (home, "Call home")] {
            see(&all, id, title);
        }
    }
    Ok(())
}

#[test]
fn its_edits_win_over_what_it_had_seen() -> Outcome {
    for wall in BEHIND {
        let (slow, phone) = (Device::showing(wall)?, Device::showing(NOW)?);
        let all = [&slow, &phone];
        let milk = phone.add("Buy milk")?;
        meet(&all)?;
        for (number, device) in [&slow, &slow, &phone, &slow, &phone].iter().enumerate() {
            pass(&all, SECOND);
            let title = format!("Buy milk {number}");
            device.edit(milk, &title)?;
            meet(&all)?;
            see(&all, milk, &title);
        }
        // Columns that nobody else wrote count as well, and so do deletions.
        slow.update(Todo::patch(milk).stars(3))?;
        meet(&all)?;
        assert_eq!(phone.get(milk)?.and_then(|todo| todo.stars), Some(3));
        slow.delete(milk)?;
        meet(&all)?;
        assert_eq!(phone.get(milk)?, None);
        phone.restore(milk)?;
        meet(&all)?;
        see(&all, milk, "Buy milk 4");
    }
    Ok(())
}

/// It worked, its battery ran empty, and it goes on with what the clock shows then, until it is put right.
#[test]
fn a_clock_that_fell_back_goes_on() -> Outcome {
    for back in [6 * MINUTE, HOUR, YEAR, NOW - 5000, NOW] {
        let (slow, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
        let all = [&slow, &phone];
        let milk = phone.add("Buy milk")?;
        let own = slow.add("Call home")?;
        meet(&all)?;
        slow.set(NOW - back);
        phone.wall.advance(DAY);
        phone.edit(milk, "Buy milk, a day later")?;
        let new = phone.add("Make tea")?;
        send(&phone, &slow)?;
        see(&[&slow], milk, "Buy milk, a day later");
        see(&[&slow], new, "Make tea");
        slow.edit(milk, "Buy oat milk")?;
        slow.update(Todo::patch(own).stars(3))?;
        slow.edit(own, "Call home again")?;
        meet(&all)?;
        see(&all, milk, "Buy oat milk");
        see(&all, own, "Call home again");
        assert_eq!(phone.get(own)?.and_then(|todo| todo.stars), Some(3));
        // The network tells the time.
        slow.set(NOW + DAY + MINUTE);
        phone.set(NOW + DAY + MINUTE);
        meet(&all)?;
        see(&all, milk, "Buy oat milk");
        slow.edit(milk, "Buy soy milk")?;
        meet(&all)?;
        see(&all, milk, "Buy soy milk");
        let tea = slow.add("Drink tea")?;
        assert_eq!(slow.times(tea)?.0, NOW + DAY + MINUTE);
        assert_eq!((slow.query::<Todo>().count()?, slow.version_vector()?.len()), (4, 2));
    }
    Ok(())
}

/// In autumn an hour comes twice; here it comes often, while two devices edit in turns.
#[test]
fn an_hour_that_comes_twice_hides_nothing() -> Outcome {
    let devices = [Device::showing(NOW)?, Device::showing(NOW)?];
    let milk = devices[0].add("Buy milk")?;
    send(&devices[0], &devices[1])?;
    for turn in 0..40 {
        let (device, other) = (&devices[turn % 2], &devices[(turn + 1) % 2]);
        device.wall.advance(if turn % 4 < 2 { -HOUR } else { HOUR + 10 });
        let title = format!("Buy milk {turn}");
        device.edit(milk, &title)?;
        send(device, other)?;
        see(&[device, other], milk, &title);
    }
    meet(&[&devices[0], &devices[1]])
}

/// Two that are both at 1970, and have no other time than what they see of each other.
#[test]
fn two_without_a_clock_edit_in_turns() -> Outcome {
    let (one, other, phone) = (Device::showing(0)?, Device::showing(0)?, Device::showing(NOW)?);
    let all = [&one, &other, &phone];
    let milk = one.add("Buy milk")?;
    meet(&all)?;
    for turn in 0..6 {
        let title = format!("Buy milk {turn}");
        all[turn % 3].edit(milk, &title)?;
        meet(&all)?;
        see(&all, milk, &title);
        // They are switched off and on: time begins anew.
        one.set(0);
        other.set(0);
    }
    Ok(())
}
