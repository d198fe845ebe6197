//! Bytecode files: cut, changed with and without a right checksum, and whole ones that lie. Whatever the bytes are, the
//! loader or the verifier refuses them, or the machine runs them to an orderly end.

mod lies;

use super::DriverError;
use super::engine::{decode_and_run, encode, sample, verify_and_run};
use crate::catalogue::Entry;
use crate::harness::{Channel, Size};
use flin_runtime::code::format::seal;
use flin_runtime::code::{decode, is_bytecode};

/// Programs whose code has between them most instructions and every section of the file.
const SAMPLES: [&str; 2] =
    [include_str!("bytecode/samples/every.flin"), include_str!("bytecode/samples/small.flin")];

type Sweep = fn(&mut Bench);

const SWEEPS: &[(&str, Sweep)] = &[
    ("bytecode-truncated", truncated),
    ("bytecode-flipped", flipped),
    ("bytecode-header", header),
    ("bytecode-mutated", mutated),
    ("bytecode-lies", lies::run),
];

/// The sample files and a channel.
struct Bench<'a> {
    channel: &'a mut Channel,
    files: Vec<Vec<u8>>,
    size: Size,
}

/// Tries every sweep of the vector.
pub fn run(entry: &Entry, size: Size, channel: &mut Channel) -> Result<(), DriverError> {
    let files = SAMPLES
        .iter()
        .map(|source| sample(source).map(|module| encode(&module)))
        .collect::<Result<_, _>>()?;
    let mut bench = Bench { channel, files, size };
    for wanted in entry.vector.sweep.iter().filter(|sweep| size == Size::Full || !sweep.full_only) {
        let found = SWEEPS.iter().find(|(known, _)| *known == wanted.name);
        let (_, sweep) = found.ok_or_else(|| DriverError::UnknownSweep { name: wanted.name.clone() })?;
        sweep(&mut bench);
    }
    Ok(())
}

/// A file that must be refused, and by an error that names an offset or a number.
fn refused(bench: &mut Bench, name: &str, bytes: &[u8]) {
    bench.channel.tried(1);
    match decode(bytes) {
        Ok(_) => bench.channel.wrong(name, "a refusal", "a module"),
        Err(error) => {
            // A file without the mark is no bytecode at all; every other refusal names a number.
            let numbered = error.to_string().contains(|c: char| c.is_ascii_digit());
            if !numbered && is_bytecode(bytes) {
                bench.channel.wrong(name, "a refusal with a number", error);
            }
        }
    }
}

/// Every prefix, with the checksum that it would need.
fn truncated(bench: &mut Bench) {
    let stride = if bench.size == Size::Full { 1 } else { 7 };
    for number in 0..bench.files.len() {
        bench.channel.trying(format_args!("sample {number}, cut after each byte"));
        for length in (0..bench.files[number].len()).step_by(stride) {
            let mut cut = bench.files[number][..length].to_vec();
            refused(bench, "cut", &cut);
            seal(&mut cut);
            refused(bench, "cut and sealed", &cut);
        }
        let mut longer = bench.files[number].clone();
        longer.push(0);
        seal(&mut longer);
        refused(bench, "one byte more", &longer);
    }
}

/// Every byte changed, unsealed (always refused) and sealed (refused, or run to an orderly end); quickly, every byte of
/// the small sample and some of the large one.
fn flipped(bench: &mut Bench) {
    for number in 0..bench.files.len() {
        let sparse = (bench.files[number].len() / 180).max(1);
        let rounds: &[(u8, usize)] = match bench.size {
            Size::Full => &[(0xFF, 1), (0x01, sparse), (0x80, sparse)],
            Size::Quick => &[(0xFF, sparse)],
        };
        for &(mask, stride) in rounds {
            bench.channel.trying(format_args!("sample {number}, each byte xor {mask:#04x}"));
            for at in (0..bench.files[number].len()).step_by(stride) {
                let mut changed = bench.files[number].clone();
                changed[at] ^= mask;
                refused(bench, "changed", &changed);
                seal(&mut changed);
                bench.channel.tried(1);
                decode_and_run(&changed);
            }
        }
    }
}

/// Magic, version, checksum, and section tables that overlap, overflow, repeat and point outside.
fn header(bench: &mut Bench) {
    let file = bench.files[0].clone();
    bench.channel.trying("magic, version and section table");
    let full = bench.size == Size::Full;
    let bytes: &[u8] = if full { &[0, 0x7F, 0xFF] } else { &[0x7F] };
    let words: &[u32] =
        if full { &[u32::MAX, u32::MAX - 3, 1 << 31, 0x00FF_FFFF, 0] } else { &[u32::MAX, 0] };
    for at in 0..file.len().min(160) {
        for &value in bytes {
            let mut changed = file.clone();
            changed[at] = value;
            seal(&mut changed);
            bench.channel.tried(1);
            decode_and_run(&changed);
        }
    }
    for at in (0..file.len().min(160)).step_by(4) {
        for &value in words {
            let mut changed = file.clone();
            let end = (at + 4).min(changed.len());
            changed[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
            seal(&mut changed);
            bench.channel.tried(1);
            decode_and_run(&changed);
        }
    }
    for (name, bytes) in
        [("nothing", &[][..]), ("one byte", b"F"), ("text", b"print(1)\n"), ("zeros", &[0; 4096])]
    {
        refused(bench, name, bytes);
    }
}

/// Several bytes changed at once, by a fixed sequence of numbers.
fn mutated(bench: &mut Bench) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
    };
    for round in 0..4_000 {
        let mut changed = bench.files[round % bench.files.len()].clone();
        for _ in 0..=next(4) {
            let at = next(changed.len());
            changed[at] = u8::try_from(next(256)).unwrap_or(0);
        }
        seal(&mut changed);
        bench.channel.trying(format_args!("mutation {round}"));
        decode_and_run(&changed);
    }
}

/// What a lie must be answered with.
fn must_break(bench: &mut Bench, name: &str, rule: u8, module: flin_runtime::code::Module) {
    bench.channel.trying(name);
    match verify_and_run(module) {
        Err(found) if found == rule => {}
        Err(found) => bench.channel.wrong(name, format_args!("rule B{rule}"), format_args!("rule B{found}")),
        Ok(ran) => bench.channel.wrong(name, format_args!("rule B{rule}"), ran.describe()),
    }
}
