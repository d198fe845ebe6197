//! T3-19: what a peer of a WebSocket may do wrong, byte by byte, and what it must be told. The table follows the
//! well-known client-side suite for RFC 6455: framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, limits.

use super::Served;
use super::socket::{Socket, masked};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;

const APP: &str = r#"
route GET "/ok" { "ok" }
ws "/echo" { on text(raw) { send(raw) } on binary(data) { send(data) } }
"#;
/// The largest message.
const MESSAGE_BYTES: usize = 100_000;

/// What the server must do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// Close with this code, before anything more is sent.
    Close(u16),
    /// Send exactly these frames: first byte and payload.
    Frames(Vec<(u8, Vec<u8>)>),
}

struct Case {
    name: String,
    bytes: Vec<u8>,
    expected: Expected,
}

fn closes(name: impl Into<String>, bytes: Vec<u8>, code: u16) -> Case {
    Case { name: name.into(), bytes, expected: Expected::Close(code) }
}

fn answers(name: impl Into<String>, bytes: Vec<u8>, frames: &[(u8, &[u8])]) -> Case {
    let frames = frames.iter().map(|(head, payload)| (*head, payload.to_vec())).collect();
    Case { name: name.into(), bytes, expected: Expected::Frames(frames) }
}

fn header(head: u8, short: u8, length: &[u8]) -> Vec<u8> {
    [&[head, 0x80 | short], length, &[1, 2, 3, 4]].concat()
}

fn framing() -> Vec<Case> {
    let mut cases = Vec::new();
    for len in [0, 1, 124, 125, 126, 127, 128, 65_535, 65_536, MESSAGE_BYTES] {
        let payload = vec![b'*'; len];
        cases.push(answers(format!("a text of {len} bytes"), masked(0x81, &payload), &[(0x81, &payload)]));
        cases.push(answers(format!("{len} bytes"), masked(0x82, &payload), &[(0x82, &payload)]));
    }
    for bits in [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70] {
        for opcode in [1, 2, 8, 9, 10] {
            let frame = masked(0x80 | bits | opcode, b"x");
            cases.push(closes(format!("reserved bits {bits:#x} of opcode {opcode}"), frame, 1002));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        cases.push(closes(format!("opcode {opcode}"), masked(0x80 | opcode, b"x"), 1002));
        cases.push(closes(format!("opcode {opcode} by its first byte"), vec![0x80 | opcode], 1002));
    }
    for head in [0x81, 0x82, 0x88, 0x89, 0x8A] {
        cases.push(closes(format!("{head:#x} without a mask"), vec![head, 1, b'x'], 1002));
    }
    for length in [0_u16, 1, 125] {
        cases.push(closes(format!("{length} in 16 bits"), header(0x82, 126, &length.to_be_bytes()), 1002));
    }
    for length in [0_u64, 126, 65_535, 1 << 63, u64::MAX] {
        cases.push(closes(format!("{length} in 64 bits"), header(0x82, 127, &length.to_be_bytes()), 1002));
    }
    for length in [MESSAGE_BYTES as u64 + 1, 1 << 32, (1 << 63) - 1] {
        cases.push(closes(
            format!("a message of {length} bytes"),
            header(0x82, 127, &length.to_be_bytes()),
            1009,
        ));
    }
    let over = [masked(0x02, &vec![0; MESSAGE_BYTES]), masked(0x80, b"x")].concat();
    cases.push(closes("a message over the limit in fragments", over, 1009));
    cases
}

fn control() -> Vec<Case> {
    let mut cases = Vec::new();
    for len in [0, 1, 125] {
        let payload = vec![0xFE; len];
        cases.push(answers(format!("a ping of {len} bytes"), masked(0x89, &payload), &[(0x8A, &payload)]));
    }
    for head in [0x88, 0x89, 0x8A] {
        cases.push(closes(format!("{head:#x} of 126 bytes"), masked(head, &[b'x'; 126]), 1002));
        cases.push(closes(format!("{head:#x} in fragments"), masked(head & 0x0F, b"x"), 1002));
    }
    let pongs = [masked(0x8A, b"unasked"), masked(0x89, b"asked")].concat();
    cases.push(answers("a pong that nobody asked for", pongs, &[(0x8A, b"asked")]));
    let pings: Vec<u8> = (0..10_u8).flat_map(|n| masked(0x89, &[n])).collect();
    let expected: Vec<(u8, Vec<u8>)> = (0..10_u8).map(|n| (0x8A, vec![n])).collect();
    cases.push(Case { name: "ten pings".to_owned(), bytes: pings, expected: Expected::Frames(expected) });
    cases
}

fn fragments() -> Vec<Case> {
    let mut cases = Vec::new();
    let parts = [masked(0x01, b"a"), masked(0x89, b"p"), masked(0x00, b"b"), masked(0x80, b"c")].concat();
    cases.push(answers("a ping between fragments", parts, &[(0x8A, b"p"), (0x81, b"abc")]));
    let empty = [masked(0x01, b""), masked(0x00, b""), masked(0x80, b"")].concat();
    cases.push(answers("empty fragments", empty, &[(0x81, b"")]));
    for head in [0x00, 0x80] {
        cases.push(closes(format!("{head:#x} that continues nothing"), masked(head, b"x"), 1002));
        let behind = [masked(0x81, b"a"), masked(head, b"x")].concat();
        cases.push(closes(format!("{head:#x} behind a whole message"), behind, 1002));
    }
    for head in [0x01, 0x81, 0x02, 0x82] {
        let inside = [masked(0x01, b"a"), masked(head, b"x")].concat();
        cases.push(closes(format!("{head:#x} inside a message"), inside, 1002));
    }
    cases
}

fn text() -> Vec<Case> {
    let mut cases = Vec::new();
    let good = "κόσμε\u{10FFFF}\u{0}\u{FFFD}🎉".as_bytes();
    cases.push(answers("text of every width", masked(0x81, good), &[(0x81, good)]));
    let bytewise: Vec<u8> = good.iter().map(|byte| masked(0x00, &[*byte])).collect::<Vec<_>>().concat();
    let bytewise = [masked(0x01, b""), bytewise, masked(0x80, b"")].concat();
    cases.push(answers("the same, a byte a fragment", bytewise, &[(0x81, good)]));
    let bad: [&[u8]; 14] = [
        b"\x80",
        b"\xBF",
        b"\xC0\x80",
        b"\xC1\xBF",
        b"\xE0\x80\x80",
        b"\xED\xA0\x80",
        b"\xED\xBF\xBF",
        b"\xF0\x80\x80\x80",
        b"\xF4\x90\x80\x80",
        b"\xF5",
        b"\xFE",
        b"\xFF",
        b"\xCE\xCE",
        b"\xE2\x82x",
    ];
    for bytes in bad {
        cases.push(closes(format!("text {bytes:02x?}"), masked(0x81, bytes), 1007));
        // The frame announces more, which never comes: the fault is seen before it.
        let mut begun = masked(0x81, &[b"good ", bytes, &[b'x'; 200]].concat());
        begun.truncate(8 + 5 + bytes.len());
        cases.push(closes(format!("text {bytes:02x?} in the middle of a frame"), begun, 1007));
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        let torn = [masked(0x01, first), masked(0x00, b""), masked(0x80, rest)].concat();
        cases.push(closes(format!("text {bytes:02x?} over fragments"), torn, 1007));
    }
    for torn in [b"\xCE".as_slice(), b"\xE2\x82", b"\xF0\x9F\x8E"] {
        cases.push(closes(format!("text that ends in {torn:02x?}"), masked(0x81, torn), 1007));
    }
    cases
}

fn closing() -> Vec<Case> {
    let mut cases = vec![
        closes("a close without a code", masked(0x88, b""), 0),
        closes("a close of one byte", masked(0x88, b"\x03"), 1002),
        closes("a reason that is not UTF-8", masked(0x88, b"\x03\xE8\xFF"), 1007),
        closes("a close between fragments", [masked(0x01, b"a"), masked(0x88, b"\x03\xE8")].concat(), 1000),
        closes("a message behind a close", [masked(0x88, b"\x03\xE8"), masked(0x81, b"late")].concat(), 1000),
        closes("a ping behind a close", [masked(0x88, b"\x03\xE8"), masked(0x89, b"late")].concat(), 1000),
        closes("the longest reason", masked(0x88, &[b"\x03\xE8".as_slice(), &[b'r'; 123]].concat()), 1000),
    ];
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999_u16]
    {
        cases.push(closes(format!("a close with {code}"), masked(0x88, &code.to_be_bytes()), code));
    }
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535_u16] {
        cases.push(closes(format!("a close with {code}"), masked(0x88, &code.to_be_bytes()), 1002));
    }
    cases
}

/// T3-19: every case, whole and cut into single bytes, then a flood of pings.
pub fn frames(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::start(APP, |config| config.server.body_bytes_max = MESSAGE_BYTES as u64)?;
    let cuts: &[usize] = if lab.is_full() { &[usize::MAX, 1, 3] } else { &[usize::MAX] };
    'cases: for case in [framing(), control(), fragments(), text(), closing()].concat_cases() {
        for &cut in cuts {
            // Nothing is learnt from a hundred thousand bytes one by one.
            if case.bytes.len() <= 1000 || cut == usize::MAX {
                lab.channel.trying(&case.name);
                if let Err(found) = judge(&served, &case, cut) {
                    lab.channel.wrong(&case.name, format_args!("{:?}", case.expected), found);
                    // Each case that goes wrong waits for what never comes: one tells enough.
                    break 'cases;
                }
            }
        }
    }
    flood(lab, &served)?;
    served.settles(lab, "after the frames");
    served.stop(lab, "after the frames");
    Ok(())
}

trait Cases {
    fn concat_cases(self) -> Vec<Case>;
}

impl<const N: usize> Cases for [Vec<Case>; N] {
    fn concat_cases(self) -> Vec<Case> {
        self.into_iter().flatten().collect()
    }
}

fn judge(served: &Served, case: &Case, cut: usize) -> Result<(), String> {
    let said = |error: std::io::Error| error.to_string();
    let mut socket = Socket::open(served, "/echo").map_err(said)?;
    for piece in case.bytes.chunks(cut) {
        if let Err(error) = socket.send(piece) {
            // It may have closed before all of it was sent; what it said is what counts.
            if case.expected == Expected::Frames(Vec::new()) {
                return Err(error.to_string());
            }
        }
    }
    match &case.expected {
        Expected::Close(code) => match socket.closed() {
            Ok(found) if found == *code => Ok(()),
            Ok(found) => Err(format!("close {found}")),
            Err(error) => Err(error.to_string()),
        },
        Expected::Frames(frames) => {
            for (head, payload) in frames {
                let frame = socket.frame().map_err(said)?;
                if frame.head != *head || frame.payload != *payload {
                    return Err(format!("{:#x} of {} bytes", frame.head, frame.payload.len()));
                }
            }
            socket.send(&masked(0x88, b"\x03\xE8")).map_err(said)?;
            match socket.closed() {
                Ok(1000) => Ok(()),
                other => Err(format!("at the end {other:?}")),
            }
        }
    }
}

/// Pings of a peer that does not read: more of them than the system's buffers can hold answers to.
fn flood(lab: &mut Lab, served: &Served) -> Result<(), DriverError> {
    const PINGS: usize = 120_000;
    lab.channel.trying("a flood of pings");
    let mut socket = Socket::open(served, "/echo")?;
    let ping = masked(0x89, &[b'p'; 125]);
    let hundred = ping.repeat(100);
    for _ in 0..PINGS / 100 {
        socket.send(&hundred)?;
    }
    socket.say("end")?;
    let mut pongs = 0;
    while socket.frame()?.head == 0x8A {
        pongs += 1;
    }
    if pongs >= PINGS {
        lab.channel.wrong("answers kept for a peer that does not read", "a bounded number", pongs);
    }
    Ok(())
}
