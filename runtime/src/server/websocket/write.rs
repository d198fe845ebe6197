//! Frames that the server sends: whole messages, never masked (RFC 6455, sections 5.1 and 5.4).

use super::Opcode;
use crate::record::Message;

/// Bytes of a frame with so much payload.
pub const fn frame_bytes(payload: usize) -> usize {
    let header: usize = match payload {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    };
    header.saturating_add(payload)
}

/// A message as one frame.
pub fn frame(message: &Message) -> Vec<u8> {
    match message {
        Message::Text(text) => encode(Opcode::Text, text.as_bytes()),
        Message::Binary(bytes) => encode(Opcode::Binary, bytes),
    }
}

/// A frame, its length in the shortest form.
pub(super) fn encode(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(frame_bytes(payload.len()));
    frame.push(0x80 | opcode.number());
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ 0..=125), _) => frame.push(len),
        (_, Ok(len)) => {
            frame.push(126);
            frame.extend(len.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(127);
            frame.extend(u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}
