//! Contents that nobody wrote, under checksums that fit.

use super::{Files, judge};
use flin_runtime::record::FieldType;
use flin_runtime::store::format::{self, Header, Kind, crc};
use flin_runtime::store::log;
use flin_runtime::store::schema::{Catalogue, StoredEntity, StoredField};

const SALT: u64 = 0x5EED;
const SECTOR: usize = 512;
const SEGMENT: u64 = 4096;

/// Makes the checksum of a first sector fit.
pub fn seal(bytes: &mut [u8]) {
    let sum = crc(&[&bytes[..SECTOR - 4]]);
    bytes[SECTOR - 4..SECTOR].copy_from_slice(&sum.to_le_bytes());
}

/// Before a record: its number is one lower than it ought to be, as where a disk gives an older write back.
const REPEATED: u8 = 0xFE;
/// Before a record: one is missing.
const SKIPPED: u8 = 0xFF;

/// A log that begins as a program would and goes on with these bytes as payloads of records; a byte before each says how
/// long it is, and those before that byte whether its number is the next one.
pub fn record(mut bytes: &[u8]) {
    let mut log = Header([1, SALT, 1, SEGMENT, 0, 0]).encode(Kind::Log).to_vec();
    let catalogue = catalogue();
    put(&mut log, 1, &[&[1, catalogue.len() as u8][..], &catalogue].concat());
    let mut sequence = 2_u64;
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        match *first {
            REPEATED => sequence = sequence.saturating_sub(1),
            SKIPPED => sequence += 1,
            length => {
                let (payload, rest) = rest.split_at(usize::from(length).min(rest.len()));
                put(&mut log, sequence, payload);
                sequence += 1;
                bytes = rest;
            }
        }
    }
    log.resize(log.len().next_multiple_of(SECTOR).max(SEGMENT as usize), 0);
    let size = log.len() as u64;
    log[16 + 24..16 + 32].copy_from_slice(&size.to_le_bytes());
    seal(&mut log);
    let _ = judge(&Files::from([(log::name(1), log)]));
}

/// The catalogue of one entity with a field that is an int.
fn catalogue() -> Vec<u8> {
    let field = StoredField { name: "f".into(), ty: FieldType::Int, optional: true };
    let entity = StoredEntity { name: "E".into(), fields: vec![field] };
    Catalogue { entities: vec![entity] }.encode().unwrap_or_default()
}

fn put(log: &mut Vec<u8>, sequence: u64, payload: &[u8]) {
    let (salt, number) = (SALT.to_le_bytes(), sequence.to_le_bytes());
    let length = (payload.len() as u32).to_le_bytes();
    let sum = crc(&[&salt, &number, payload]).to_le_bytes();
    let rest = [&number[..], &1_u32.to_le_bytes(), &sum].concat();
    let check = crc(&[&salt, &length, &rest]).to_le_bytes();
    log.extend_from_slice(&length);
    log.extend_from_slice(&check);
    log.extend_from_slice(&rest);
    log.extend_from_slice(payload);
    log.resize(log.len().next_multiple_of(8), 0);
}

/// A snapshot and an archive made of these bytes as contents of blocks; a byte before each says how long it is.
pub fn blocks(bytes: &[u8]) {
    let _ = judge(&files(bytes));
}

fn files(bytes: &[u8]) -> Files {
    let (archived, mut bytes) = bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest));
    let mut contents = Vec::new();
    while let Some((length, rest)) = bytes.split_first() {
        let (content, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        contents.push(content);
        bytes = rest;
    }
    let mut archive = Header([SALT, 0, 0, 0, 0, 0]).encode(Kind::Archive).to_vec();
    let of_archive = usize::from(archived).min(contents.len());
    contents.drain(..of_archive).for_each(|content| append(&mut archive, content));
    let mut snapshot = Header([1, 2, archive.len() as u64, SALT, 0, 0]).encode(Kind::Snapshot).to_vec();
    append(&mut snapshot, &[&[1][..], &catalogue()].concat());
    contents.iter().for_each(|content| append(&mut snapshot, content));
    // The footer: as many rows as the last byte says, and as many blocks as there are.
    let rows = contents.last().and_then(|content| content.last()).copied().unwrap_or(0) % 128;
    append(&mut snapshot, &[5, rows, (contents.len() + 1) as u8 % 128]);
    let mut log = Header([2, SALT, 2, SEGMENT, 0, 0]).encode(Kind::Log).to_vec();
    log.resize(SEGMENT as usize, 0);
    let snapshot_name = "snapshot-0000000000000002".to_owned();
    Files::from([(log::name(2), log), (snapshot_name, snapshot), ("archive".to_owned(), archive)])
}

fn append(file: &mut Vec<u8>, content: &[u8]) {
    let bytes = format::block(SALT, file.len() as u64, content);
    file.extend_from_slice(&bytes.unwrap_or_default());
}
