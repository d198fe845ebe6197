//! Snapshots and archives of more than one block, and lies in them.

use super::*;
use crate::store::archive::Archive;
use crate::store::disk::{Disk, SECTOR, Twin};
use crate::store::format::{BLOCK_BYTES, Fault, FileError, block};
use crate::store::log::Cut;
use crate::store::recover::model::{Rows, TYPE, data, fill};
use crate::store::{Lsn, Row, TypeId};

fn row(version: u64, bytes: usize) -> Row {
    let text = data(&"x".repeat(bytes));
    Row { version, created_at: 1, updated_at: 2, deleted_at: None, lsn: Lsn::new(1, 512), data: text }
}

fn cut() -> Cut {
    Cut { first: 3, sequence: 17, retired: Vec::new(), segment_bytes: 4096, spares_max: 2 }
}

fn many() -> Rows {
    let mut rows = Rows { catalogue: b"names".to_vec(), ..Rows::default() };
    rows.next_ids.extend([(TYPE, 900), (TypeId(7), u64::MAX)]);
    for id in (1..900).step_by(3) {
        rows.live.insert((TYPE, id), row(id, 1000));
    }
    rows.live.insert((TypeId(7), 1), row(1, 3 * BLOCK_BYTES));
    rows.live.insert((TypeId(7), u64::MAX), row(u64::MAX, 0));
    rows
}

#[test]
fn all_rows_come_back_whatever_their_size() {
    let twin = Twin::new();
    for rows in [Rows::default(), many()] {
        write(&twin, &cut(), &Archive::default(), |writer| fill(&rows, writer)).unwrap();
        let mut found = Rows::default();
        let (sequence, archive) = read(&twin, 3, &mut found).unwrap();
        assert_eq!((sequence, archive.extent().length), (17, 0));
        assert_eq!(found, rows);
        assert_eq!(twin.list().unwrap(), [name(3)]);
    }
}

#[test]
fn rows_out_of_order_and_blocks_out_of_place_are_refused() {
    let twin = Twin::new();
    let rows = [(TYPE, 5), (TYPE, 6), (TypeId(7), 1)];
    let write_all = |rows: &[(TypeId, u64)]| {
        write(&twin, &cut(), &Archive::default(), |writer| {
            writer.catalogue(b"")?;
            rows.iter().try_for_each(|(ty, id)| writer.row(*ty, *id, row(1, 40_000).view()))
        })
        .unwrap();
        read(&twin, 3, &mut Rows::default())
    };
    assert!(write_all(&rows).is_ok());
    let refused = write_all(&[rows[2], rows[0]]).unwrap_err();
    assert!(matches!(refused, FileError::Damaged { fault: Fault::Order, .. }), "{refused}");
    // A block's checksum covers its place.
    write_all(&rows).unwrap();
    let mut content = twin.content(&name(3)).unwrap();
    content.splice(SECTOR..SECTOR, block(0, 0, b"").unwrap());
    twin.put(&name(3), content);
    let refused = read(&twin, 3, &mut Rows::default()).unwrap_err();
    assert!(matches!(refused, FileError::Damaged { offset: 512, fault: Fault::Checksum, .. }), "{refused}");
}

#[test]
fn a_snapshot_that_fails_leaves_no_file() {
    let twin = Twin::new();
    twin.limit(Some(100_000));
    assert!(write(&twin, &cut(), &Archive::default(), |writer| fill(&many(), writer)).is_err());
    assert_eq!(twin.list().unwrap(), Vec::<String>::new());
}
