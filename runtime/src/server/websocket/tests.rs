//! Facts about frames and conversations. Each cites the requirement that it holds; see `runtime/docs/websocket-conformance.md`.

use super::*;
use crate::record::Message;
use crate::value::{Lease, Pool};
use proptest::prelude::*;

const MAX: u64 = 1000;

fn peer() -> Peer {
    Peer::new(Limits { message_bytes_max: MAX }, Lease::new(Pool::new(1 << 20)))
}

/// A masked frame; `head` is its first byte.
fn masked(head: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![head];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ 0..=125), _) => frame.push(0x80 | len),
        (_, Ok(len)) => {
            frame.push(0xFE);
            frame.extend(len.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(0xFF);
            frame.extend(u64::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Everything that comes of the bytes, given in pieces of `cut`.
fn events_of(peer: &mut Peer, bytes: &[u8], cut: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for mut piece in bytes.chunks(cut.max(1)) {
        while !piece.is_empty() {
            let (used, event) = peer.receive(piece);
            assert!(used > 0 || event.is_some(), "no progress");
            piece = &piece[used..];
            events.extend(event);
        }
    }
    events
}

fn events(frames: &[Vec<u8>]) -> Vec<Event> {
    events_of(&mut peer(), &frames.concat(), usize::MAX)
}

fn fault(frames: &[Vec<u8>]) -> FaultKind {
    match events(frames).as_slice() {
        [.., Event::Fault(fault)] => fault.kind,
        others => panic!("no fault: {others:?}"),
    }
}

fn text(text: &str) -> Event {
    Event::Message(Message::Text(text.into()))
}

fn control(peer: &mut Peer) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| peer.control().or_else(|| peer.last_word())).collect()
}

/// RFC 6455 5.3-a, 5.6-a
#[test]
fn masked_messages_are_unmasked_and_the_rfcs_hello_is_read() {
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(events(&[hello.to_vec()]), [text("Hello")]);
    let binary = Event::Message(Message::Binary([0, 255, 128].as_slice().into()));
    assert_eq!(events(&[masked(0x82, &[0, 255, 128])]), [binary]);
    assert_eq!(events(&[masked(0x81, b"")]), [text("")]);
}

/// RFC 6455 5.1-a
#[test]
fn a_frame_that_is_not_masked_is_a_fault_before_its_payload() {
    assert_eq!(fault(&[vec![0x81, 0x05]]), FaultKind::NotMasked);
    assert_eq!(FaultKind::NotMasked.code(), CloseCode::PROTOCOL);
}

/// RFC 6455 5.2-a
#[test]
fn reserved_bits_are_faults_by_their_first_byte() {
    for bits in [0x40, 0x20, 0x10, 0x70] {
        assert_eq!(fault(&[vec![0x81 | bits]]), FaultKind::ReservedBits);
        assert_eq!(fault(&[vec![0x89 | bits]]), FaultKind::ReservedBits);
    }
}

/// RFC 6455 5.2-b
#[test]
fn opcodes_without_a_meaning_are_faults_by_their_first_byte() {
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_eq!(fault(&[vec![0x80 | opcode]]), FaultKind::Opcode(opcode));
        assert_eq!(fault(&[masked(0x01, b"a"), vec![0x80 | opcode]]), FaultKind::Opcode(opcode));
    }
}

/// RFC 6455 5.2-c, 5.2-d
#[test]
fn a_length_is_in_its_shortest_form_and_below_two_to_the_63() {
    for length in [0u16, 1, 125] {
        let frame = [&[0x82, 0xFE], length.to_be_bytes().as_slice()].concat();
        assert_eq!(fault(&[frame]), FaultKind::LongLength(u64::from(length)));
    }
    for length in [0u64, 125, 126, 0xFFFF] {
        let frame = [&[0x82, 0xFF], length.to_be_bytes().as_slice()].concat();
        assert_eq!(fault(&[frame]), FaultKind::LongLength(length));
    }
    for length in [1 << 63, u64::MAX] {
        let frame = [&[0x82, 0xFF], length.to_be_bytes().as_slice()].concat();
        assert_eq!(fault(&[frame]), FaultKind::HugeLength);
    }
    for len in [125, 126, 127, 999, 1000] {
        assert_eq!(events(&[masked(0x82, &vec![7; len])]).len(), 1, "{len}");
    }
}

/// RFC 6455 5.5-a
#[test]
fn a_control_frame_has_at_most_125_bytes() {
    for head in [0x88, 0x89, 0x8A] {
        assert_eq!(fault(&[vec![head, 0xFE]]), FaultKind::LongControl(126));
        assert_eq!(fault(&[vec![head, 0xFF]]), FaultKind::LongControl(1 << 16));
    }
    let mut peer = peer();
    assert_eq!(events_of(&mut peer, &masked(0x89, &[b'x'; 125]), 7), []);
    assert_eq!(control(&mut peer), [[&[0x8A, 125], [b'x'; 125].as_slice()].concat()]);
}

/// RFC 6455 5.4-a, 5.5-b
#[test]
fn a_control_frame_in_fragments_is_a_fault() {
    for head in [0x08, 0x09, 0x0A] {
        assert_eq!(fault(&[masked(head, b"")]), FaultKind::FragmentedControl);
    }
}

/// RFC 6455 5.4-b, 5.4-c, 5.5.2-a
#[test]
fn control_frames_stand_between_fragments_and_are_answered_at_once() {
    let mut peer = peer();
    let bytes =
        [masked(0x01, "é".as_bytes()), masked(0x89, b"1"), masked(0x00, b""), masked(0x89, b"2")].concat();
    assert_eq!(events_of(&mut peer, &bytes, 3), []);
    assert_eq!(control(&mut peer), [b"\x8A\x011".to_vec(), b"\x8A\x012".to_vec()]);
    assert_eq!(events_of(&mut peer, &masked(0x80, b"!"), 1), [text("é!")]);
}

/// RFC 6455 5.4-d
#[test]
fn fragments_continue_a_message_and_none_begins_inside_another() {
    assert_eq!(fault(&[masked(0x80, b"a")]), FaultKind::NothingToContinue);
    assert_eq!(fault(&[masked(0x00, b"a")]), FaultKind::NothingToContinue);
    assert_eq!(fault(&[masked(0x81, b"a"), masked(0x80, b"b")]), FaultKind::NothingToContinue);
    for head in [0x81, 0x82, 0x01, 0x02] {
        assert_eq!(fault(&[masked(0x01, b"a"), masked(head, b"b")]), FaultKind::Interleaved);
    }
    assert_eq!(
        events(&[masked(0x01, b"a"), masked(0x00, b"b"), masked(0x80, b"c"), masked(0x81, b"d")]),
        [text("abc"), text("d")]
    );
}

/// RFC 6455 8.1-a
#[test]
fn text_that_is_not_utf8_is_a_fault_at_its_first_bad_byte() {
    let bad: [&[u8]; 6] = [b"\xC0\xAF", b"a\x80", b"\xED\xA0\x80", b"\xF4\x90", b"\xF5", b"\xCE\xCE"];
    for bytes in bad {
        // The frame claims a hundred bytes more, which never come.
        let mut frame = masked(0x81, &[bytes, &[b'x'; 100]].concat());
        frame.truncate(6 + bytes.len());
        assert_eq!(fault(&[frame]), FaultKind::NotUtf8, "{bytes:?}");
    }
    assert_eq!(fault(&[masked(0x01, b"\xCE"), masked(0x80, b"x")]), FaultKind::NotUtf8);
    assert_eq!(fault(&[masked(0x81, b"\xE2\x82")]), FaultKind::NotUtf8, "torn at the end");
    assert_eq!(events(&[masked(0x01, b"\xE2\x82"), masked(0x80, b"\xAC")]), [text("€")]);
    assert_eq!(events(&[masked(0x82, b"\xFF")]).len(), 1, "binary is not judged");
    assert_eq!(FaultKind::NotUtf8.code().number(), 1007);
}

/// RFC 6455 10.4-a
#[test]
fn a_message_over_the_limit_is_a_fault_by_its_header() {
    let (max, header) =
        (vec![7; 1000], |len: u16| [&[0x82, 0xFE], len.to_be_bytes().as_slice(), &[0; 4]].concat());
    assert_eq!(events(&[masked(0x82, &max)]).len(), 1);
    assert_eq!(fault(&[header(1001)]), FaultKind::TooLarge { bytes: 1001, max: MAX });
    assert_eq!(
        fault(&[masked(0x02, &max), masked(0x80, b"x")]),
        FaultKind::TooLarge { bytes: 1001, max: MAX }
    );
    let huge = [&[0x82, 0xFF], (u64::MAX >> 1).to_be_bytes().as_slice(), &[0; 4]].concat();
    let bytes = u64::MAX >> 1;
    assert_eq!(
        fault(&[masked(0x02, b"x"), masked(0, b""), vec![0x80, 0x81, 0, 0, 0, 0, 7], huge]),
        FaultKind::TooLarge { bytes, max: MAX }
    );
    assert_eq!(FaultKind::TooLarge { bytes, max: MAX }.code().number(), 1009);
}

#[test]
fn messages_are_charged_to_the_pool_and_given_back() {
    let pool = Pool::new(1500);
    let mut peer = Peer::new(Limits { message_bytes_max: 5000 }, Lease::new(std::sync::Arc::clone(&pool)));
    assert_eq!(events_of(&mut peer, &masked(0x82, &[1; 700]), 50).len(), 1);
    let held = pool.leased();
    assert!((700..=1500).contains(&held), "the message and its buffer: {held}");
    let large = masked(0x82, &[1; 1600]);
    let events = events_of(&mut peer, &large, 100);
    assert!(
        matches!(events.as_slice(), [Event::Fault(Fault { kind: FaultKind::NoMemory(_), .. })]),
        "{events:?}"
    );
    drop(peer);
    assert_eq!(pool.leased(), 0);
}

/// RFC 6455 5.5.1-a, 7.4.1-a
#[test]
fn a_close_frame_has_no_payload_or_a_lawful_one() {
    let close = |payload: &[u8]| events(&[masked(0x88, payload)]);
    assert_eq!(close(b""), [Event::Closed(Close::default())]);
    assert_eq!(fault(&[masked(0x88, b"\x03")]), FaultKind::ShortClose);
    for code in [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999u16] {
        let expected = Close { code: CloseCode::of(code), reason: "é".into() };
        assert_eq!(close(&[&code.to_be_bytes(), "é".as_bytes()].concat()), [Event::Closed(expected)]);
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535u16] {
        assert_eq!(fault(&[masked(0x88, &code.to_be_bytes())]), FaultKind::CloseCode(code));
    }
    assert_eq!(fault(&[masked(0x88, b"\x03\xE8\xFF")]), FaultKind::ReasonNotUtf8);
    assert_eq!(FaultKind::ReasonNotUtf8.code().number(), 1007);
}

/// RFC 6455 5.5.1-b, 5.5.1-c, 7.1.7-a
#[test]
fn a_close_frame_is_answered_once_and_nothing_behind_it_is_read() {
    let mut peer = peer();
    let bytes =
        [masked(0x81, b"a"), masked(0x88, b"\x03\xE9bye"), masked(0x81, b"b"), vec![0xFF; 50]].concat();
    let close = Close { code: Some(CloseCode::GOING_AWAY), reason: "bye".into() };
    assert_eq!(events_of(&mut peer, &bytes, 5), [text("a"), Event::Closed(close)]);
    assert!(!peer.is_over(), "the answer is not sent yet");
    assert_eq!(control(&mut peer), [vec![0x88, 2, 0x03, 0xE9]]);
    assert!(peer.is_over());
    peer.close(CloseCode::NORMAL, "again");
    peer.ping();
    assert_eq!(control(&mut peer), [] as [Vec<u8>; 0]);
}

/// RFC 6455 5.5.1-c, 7.1.7-a
#[test]
fn a_fault_is_told_and_ends_the_reading() {
    let mut peer = peer();
    let bytes = [masked(0x89, b"p"), masked(0x83, b"x"), masked(0x81, b"never")].concat();
    let fault = Fault { at: 7, kind: FaultKind::Opcode(3) };
    assert_eq!(events_of(&mut peer, &bytes, 1), [Event::Fault(fault)]);
    let [pong, close] = control(&mut peer).try_into().unwrap();
    assert_eq!(pong, b"\x8A\x01p");
    assert_eq!(close[..4], [0x88, u8::try_from(close.len()).unwrap() - 2, 0x03, 0xEA]);
    assert_eq!(std::str::from_utf8(&close[4..]), Ok("the opcode 0x3 has no meaning"));
    assert!(peer.is_over());
}

/// RFC 6455 5.5.1-d, 7.1.2-a
#[test]
fn after_our_close_the_peers_answer_ends_it_and_its_messages_are_nobodys() {
    let mut peer = peer();
    peer.close(CloseCode::GOING_AWAY, "the server stops");
    assert_eq!(control(&mut peer), [[&[0x88, 18, 0x03, 0xE9], b"the server stops".as_slice()].concat()]);
    assert!(!peer.is_over() && !peer.is_open());
    let answer = [masked(0x81, b"late"), masked(0x89, b""), masked(0x88, b"\x03\xE9")].concat();
    let close = Close { code: Some(CloseCode::GOING_AWAY), reason: "".into() };
    assert_eq!(events_of(&mut peer, &answer, 2), [Event::Closed(close)]);
    assert!(peer.is_over());
    assert_eq!(control(&mut peer), [] as [Vec<u8>; 0]);
}

/// RFC 6455 5.5.2-a, 5.5.3-a, 5.5.3-b
#[test]
fn pings_are_answered_in_order_and_a_flood_of_them_is_bounded() {
    let mut peer = peer();
    let flood: Vec<u8> = (0..1000u16).flat_map(|n| masked(0x89, &n.to_be_bytes())).collect();
    assert_eq!(events_of(&mut peer, &flood, 11), []);
    let last = 1000 - u16::try_from(PONGS_MAX).unwrap()..1000;
    let pongs: Vec<Vec<u8>> = last.map(|n| [&[0x8A, 2], n.to_be_bytes().as_slice()].concat()).collect();
    assert_eq!(control(&mut peer), pongs);
    assert_eq!(events_of(&mut peer, &masked(0x8A, b"unasked"), 3), [], "a pong is no answer to anything");
    peer.ping();
    assert_eq!(control(&mut peer), [vec![0x89, 0]]);
}

/// RFC 6455 5.1-b, 5.2-c
#[test]
fn our_frames_are_whole_not_masked_and_short() {
    assert_eq!(frame(&Message::Text("hé".into())), [0x81, 3, b'h', 0xC3, 0xA9]);
    for (len, header) in [
        (0, vec![0x82, 0]),
        (125, vec![0x82, 125]),
        (126, vec![0x82, 126, 0, 126]),
        (0xFFFF, vec![0x82, 126, 0xFF, 0xFF]),
        (0x10000, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let frame = frame(&Message::Binary(vec![9; len].into()));
        assert_eq!(frame.len(), frame_bytes(len));
        assert_eq!(frame[..header.len()], header);
        assert!(frame[header.len()..].iter().all(|byte| *byte == 9));
    }
}

#[test]
fn a_reason_is_cut_between_characters() {
    let mut peer = peer();
    peer.close(CloseCode::INTERNAL, &"é".repeat(100));
    let [close] = control(&mut peer).try_into().unwrap();
    assert_eq!(close.len(), 2 + 2 + 122);
    assert_eq!(std::str::from_utf8(&close[4..]), Ok("é".repeat(61).as_str()));
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        4 => prop::sample::select(vec![0x01, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8A]),
        1 => prop::sample::select(vec![0x88, 0x08, 0x91, 0x83]),
    ];
    let payload = prop_oneof![
        prop::collection::vec(0x20u8..0x7F, 0..10),
        "[a-zé€🎉]{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..130),
    ];
    (head, payload).prop_map(|(head, payload)| masked(head, &payload))
}

proptest! {
    /// RFC 6455 5.4-e
    #[test]
    fn how_the_bytes_are_cut_changes_nothing(
        frames in prop::collection::vec(any_frame(), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..20),
        cut in 1usize..9,
    ) {
        let bytes = [frames.concat(), noise].concat();
        let (mut whole, mut cut_up) = (peer(), peer());
        prop_assert_eq!(events_of(&mut whole, &bytes, usize::MAX), events_of(&mut cut_up, &bytes, cut));
        prop_assert_eq!(control(&mut whole), control(&mut cut_up));
        prop_assert_eq!(whole.is_over(), cut_up.is_over());
    }
}
