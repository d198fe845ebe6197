//! Both disks do the same; and the twin forgets what it may forget.

use super::*;
use std::io::ErrorKind;

/// What a table of operations gives, as text.
fn story(disk: &dyn Disk) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |what: &str, found: String| said.push(format!("{what}: {found}"));
    let kind = |result: io::Result<()>| format!("{:?}", result.map_err(|error| error.kind()));
    let guard = disk.lock().unwrap();
    say("locked twice", kind(disk.lock().map(drop)));
    drop(guard);
    let _guard = disk.lock().unwrap();
    say("empty", format!("{:?}", disk.list().unwrap()));
    say("open what is not there", kind(disk.open("a").map(drop)));
    let file = disk.open_mut("a", true).unwrap();
    say("create what is there", kind(disk.open_mut("a", true).map(drop)));
    write_all(&*file, 3, b"hello").unwrap();
    let mut bytes = [9; 12];
    let read = read_full(&*file, 0, &mut bytes).unwrap();
    say("read", format!("{read} {bytes:?}"));
    say("behind the end", format!("{:?}", file.read_at(100, &mut bytes).unwrap()));
    file.set_size(5).unwrap();
    file.set_size(7).unwrap();
    let read = read_full(&*file, 0, &mut bytes).unwrap();
    say("cut and filled", format!("{read} {} {:?}", file.size().unwrap(), &bytes[..read]));
    file.sync().unwrap();
    disk.open_mut("b", true).unwrap();
    disk.rename("a", "b").unwrap();
    disk.sync().unwrap();
    say("renamed", format!("{:?} {}", disk.list().unwrap(), disk.open("b").unwrap().size().unwrap()));
    say("rename what is not there", kind(disk.rename("a", "c")));
    disk.remove("b").unwrap();
    say("removed", format!("{:?} {}", disk.list().unwrap(), kind(disk.remove("b"))));
    for name in ["", ".", "..", "a/b", "../a", "/etc", "a\0b"] {
        say(name, kind(disk.open_mut(name, true).map(drop)));
    }
    said
}

#[test]
fn the_twin_does_what_a_folder_does() {
    let home = tempfile::tempdir().unwrap();
    let real = story(&Folder::new(home.path().join("store")));
    assert_eq!(real, story(&Twin::new()));
    assert!(
        real.iter().any(|line| line.contains("WouldBlock"))
            && real.iter().any(|line| line.contains("InvalidInput"))
    );
}

/// A synced file with four sectors, then three changes: two writes and a new file.
fn changed() -> Twin {
    let twin = Twin::new();
    let file = twin.open_mut("a", true).unwrap();
    write_all(&*file, 0, &[1; 4 * SECTOR]).unwrap();
    file.sync().unwrap();
    twin.sync().unwrap();
    write_all(&*file, 0, &[2; SECTOR]).unwrap();
    write_all(&*file, 512, &[3; 2 * SECTOR]).unwrap();
    twin.open_mut("b", true).unwrap();
    twin
}

fn sectors(twin: &Twin) -> Vec<u8> {
    twin.content("a").unwrap().chunks(SECTOR).map(|sector| sector[0]).collect()
}

#[test]
fn a_crash_keeps_loses_or_tears_what_was_not_synced() {
    let twin = changed();
    assert_eq!(twin.unsynced(), 3);
    let found = |how| {
        let found = twin.crash(how);
        (sectors(&found), found.list().unwrap().len())
    };
    assert_eq!(found(Crash::Kept), (vec![2, 3, 3, 1], 2));
    assert_eq!(found(Crash::Lost), (vec![1, 1, 1, 1], 1));
    // The name comes first, then the first write is torn in its only sector.
    assert_eq!(found(Crash::Torn), (vec![1, 1, 1, 1], 2));
    assert_eq!(found(Crash::Chosen(0b100)), (vec![1, 3, 3, 1], 1));
    assert_eq!(found(Crash::Chosen(0b011)), (vec![2, 1, 1, 1], 2));
}

#[test]
fn what_a_failed_sync_was_asked_to_keep_is_not_kept_by_the_next() {
    let twin = changed();
    let file = twin.open_mut("a", false).unwrap();
    twin.plan(Some(Plan { at: 0, fault: Fault::Error(ErrorKind::Other), lasting: false }));
    assert!(file.sync().is_err());
    assert!(file.sync().is_ok());
    assert_eq!(sectors(&twin), [2, 3, 3, 1], "the page cache lies");
    assert_eq!(sectors(&twin.crash(Crash::Lost)), [1, 1, 1, 1]);
    assert_eq!(sectors(&twin.crash(Crash::Kept)), [2, 3, 3, 1]);
}

#[test]
fn faults_come_at_their_call() {
    let write = |plan: Plan| {
        let twin = Twin::new();
        let file = twin.open_mut("a", true).unwrap();
        twin.plan(Some(plan));
        let results: Vec<_> = (0..3).map(|_| file.write_at(0, &[7; 10]).ok()).collect();
        (results, twin.content("a").unwrap().len())
    };
    let plan = |fault, lasting| Plan { at: 1, fault, lasting };
    assert_eq!(write(plan(Fault::Error(ErrorKind::Other), false)), (vec![Some(10), None, Some(10)], 10));
    assert_eq!(write(plan(Fault::Error(ErrorKind::Other), true)), (vec![Some(10), None, None], 10));
    assert_eq!(write(plan(Fault::Short, false)), (vec![Some(10), Some(5), Some(10)], 10));
    assert_eq!(write(plan(Fault::Last, false)), (vec![Some(10), Some(10), None], 10));
}

#[test]
fn a_full_disk_refuses_to_grow_and_goes_on_otherwise() {
    let twin = Twin::new();
    let file = twin.open_mut("a", true).unwrap();
    file.set_size(100).unwrap();
    twin.limit(Some(100));
    assert_eq!(file.write_at(95, &[1; 10]).unwrap_err().kind(), ErrorKind::StorageFull);
    write_all(&*file, 90, &[1; 10]).unwrap();
    twin.limit(None);
    write_all(&*file, 95, &[1; 10]).unwrap();
}
