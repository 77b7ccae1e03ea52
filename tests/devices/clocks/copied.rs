//! Files that were written while the clock was ahead, and are then copied, restored, or copied over.

use std::fs;
use std::path::PathBuf;

use ara::prelude::*;
use tempfile::TempDir;

use crate::clocks::{
    DAY, Device, HOUR, MINUTE, NOW, Todo, YEAR, meet, pass, same, see, sync, wall,
};
use support::Outcome;
use support::disk;

#[derive(Debug, Clone, Copy)]
enum How {
    Left,
    Copied,
    BackedUp,
    Restored,
    CopiedOver,
}

/// A file of a device, and beside it what it is copied to.
struct Folder(TempDir);

impl Folder {
    fn new() -> Outcome<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("app.db")
    }

    fn copy(&self) -> PathBuf {
        self.0.path().join("copy.db")
    }

    /// Closes the device and does what is to be done to its file: where it goes on.
    fn moved(&self, how: How, device: Device) -> Outcome<PathBuf> {
        if let How::BackedUp | How::Restored = how {
            device.backup(self.copy())?;
        }
        drop(device);
        match how {
            How::Copied => drop(fs::copy(self.file(), self.copy())?),
            How::Restored => disk::options().restore_backup(self.copy(), self.file())?,
            How::CopiedOver => fs::write(self.file(), fs::read(self.file())?)?,
            How::Left | How::BackedUp => {}
        }
        Ok(match how {
            How::Copied | How::BackedUp => self.copy(),
            _ => self.file(),
        })
    }
}

#[test]
fn all_of_it_is_seen_at_once() -> Outcome {
    for how in [How::Left, How::Copied, How::BackedUp, How::Restored, How::CopiedOver] {
        for ahead in [10 * MINUTE, HOUR, YEAR] {
            moved_and_seen(how, ahead).map_err(|error| format!("{how:?}, {ahead}: {error}"))?;
        }
    }
    Ok(())
}

fn moved_and_seen(how: How, ahead: i64) -> Outcome {
    let (folder, wall, phone) = (Folder::new()?, wall(NOW), Device::showing(NOW)?);
    let device = Device::opened(folder.file(), &wall)?;
    let milk = device.add("Buy milk")?;
    sync(&device, &phone)?;
    wall.set(NOW + ahead);
    device.edit(milk, "Buy oat milk")?;
    let tea = device.add("Make tea")?;
    let path = folder.moved(how, device)?;

    // The clock is right again.
    let right = NOW + MINUTE;
    wall.set(right);
    phone.set(right);
    let device = Device::opened(path, &wall)?;
    let all = [&device, &phone];
    see(&all[..1], milk, "Buy oat milk");
    let new = device.add("Call home")?;
    device.update(Todo::patch(milk).stars(5))?;
    meet(&all)?;
    see(&all, milk, "Buy oat milk");
    see(&all, tea, "Make tea");
    see(&all, new, "Call home");
    assert_eq!(phone.get(milk)?.and_then(|todo| todo.stars), Some(5));
    assert_eq!(phone.times(new)?, (right, right));
    // Both edit what both have seen.
    for device in [&phone, &device, &phone] {
        pass(&[&phone], MINUTE);
        wall.advance(MINUTE);
        let title = format!("at {}", wall.millis());
        device.edit(milk, &title)?;
        device.edit(tea, &title)?;
        meet(&all)?;
        see(&all, milk, &title);
        see(&all, tea, &title);
    }
    let before = phone.titles()?;
    wall.advance(ahead + HOUR);
    phone.wall.advance(ahead + HOUR);
    meet(&all)?;
    assert_eq!((phone.titles()?, phone.query::<Todo>().count()?), (before, 3));
    Ok(())
}

/// Nothing has to be done, and nothing has to be waited for: neither opening it again, nor a rebuild, nor the
/// old phone, which comes back too.
#[test]
fn a_restored_phone_and_the_old_one_go_on() -> Outcome {
    let (folder, wall, other) = (Folder::new()?, wall(NOW + YEAR), Device::showing(NOW)?);
    let old = Device::opened(folder.file(), &wall)?;
    old.add("1, ahead")?;
    let path = folder.moved(How::BackedUp, old)?;
    wall.set(NOW);
    let new = Device::opened(&path, &wall)?;
    new.add("2, on the new phone")?;
    sync(&new, &other)?;
    let mut titles = vec!["1, ahead", "2, on the new phone"];
    assert_eq!(other.titles()?, titles);
    drop(new);

    wall.advance(DAY);
    other.wall.advance(DAY);
    let new = Device::opened(path, &wall)?;
    for (title, is_rebuilt) in [("3, a day later", false), ("4, rebuilt", true)] {
        if is_rebuilt {
            new.rebuild()?;
        }
        new.add(title)?;
        sync(&new, &other)?;
        titles.push(title);
        assert_eq!(other.titles()?, titles);
    }
    let old = Device::opened(folder.file(), &wall)?;
    old.add("5, on the old phone")?;
    sync(&old, &other)?;
    new.add("6, on the new phone")?;
    meet(&[&old, &new, &other])?;
    titles.extend(["5, on the old phone", "6, on the new phone"]);
    let fresh = Device::showing(NOW + DAY)?;
    meet(&[&new, &fresh])?;
    for device in [&old, &new, &other, &fresh] {
        assert_eq!(device.titles()?, titles);
    }
    Ok(())
}

/// A backup of before is put back: others have what was written since, some of it ahead.
#[test]
fn what_others_have_comes_back_to_a_file_of_before() -> Outcome {
    for how in [How::Restored, How::BackedUp] {
        let (folder, wall, phone) = (Folder::new()?, wall(NOW), Device::showing(NOW)?);
        let device = Device::opened(folder.file(), &wall)?;
        let milk = device.add("Buy milk")?;
        device.backup(folder.copy())?;
        wall.set(NOW + YEAR);
        device.edit(milk, "Buy oat milk")?;
        device.add("Make tea")?;
        sync(&device, &phone)?;
        drop(device);
        let path = match how {
            How::Restored => {
                disk::options().restore_backup(folder.copy(), folder.file())?;
                folder.file()
            }
            _ => folder.copy(),
        };
        wall.set(NOW + MINUTE);
        let device = Device::opened(path, &wall)?;
        device.add("Call home")?;
        meet(&[&device, &phone])?;
        assert_eq!(device.titles()?, ["Buy oat milk", "Call home", "Make tea"]);
        device.edit(milk, "Buy soy milk")?;
        sync(&device, &phone)?;
        see(&[&device, &phone], milk, "Buy soy milk");
        same(&[&device, &phone])?;
    }
    Ok(())
}
