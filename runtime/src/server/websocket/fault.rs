//! What a peer did wrong, where, and the code that its connection ends with.

use super::CloseCode;

/// A fault of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (frame at byte {at})")]
pub struct Fault {
    /// Where the frame begins, in bytes since the handshake.
    pub at: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// RFC 6455, section 5.2, RSV1 to RSV3.
    #[error("a reserved bit is set, and no extension was negotiated")]
    ReservedBits,
    /// RFC 6455, section 5.2, opcode.
    #[error("the opcode {0:#x} has no meaning")]
    Opcode(u8),
    /// RFC 6455, section 5.1.
    #[error("the frame is not masked")]
    NotMasked,
    /// RFC 6455, section 5.2, payload length.
    #[error("the length {0} is not in its shortest form")]
    LongLength(u64),
    /// RFC 6455, section 5.2, payload length.
    #[error("the length's highest bit is set")]
    HugeLength,
    /// RFC 6455, section 5.5.
    #[error("a control frame of {0} bytes; at most 125 are allowed")]
    LongControl(u64),
    /// RFC 6455, section 5.5.
    #[error("a control frame in fragments")]
    FragmentedControl,
    /// RFC 6455, section 5.4.
    #[error("a fragment of no message")]
    NothingToContinue,
    /// RFC 6455, section 5.4.
    #[error("a message within a message")]
    Interleaved,
    /// RFC 6455, section 10.4.
    #[error("a message of {bytes} bytes or more; at most {max} are allowed")]
    TooLarge {
        /// Its bytes so far.
        bytes: u64,
        /// What is allowed.
        max: u64,
    },
    /// The process's memory is used up; not the peer's fault, but its message is the one that does not fit.
    #[error("no memory for a message of {0} bytes")]
    NoMemory(u64),
    /// RFC 6455, section 8.1.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// RFC 6455, section 5.5.1.
    #[error("a close frame with a payload of one byte")]
    ShortClose,
    /// RFC 6455, section 7.4.
    #[error("the close code {0} may not be sent")]
    CloseCode(u16),
    /// RFC 6455, section 5.5.1.
    #[error("the reason of a close frame is not UTF-8")]
    ReasonNotUtf8,
}

impl FaultKind {
    /// What the connection is closed with.
    pub const fn code(self) -> CloseCode {
        match self {
            Self::ReservedBits
            | Self::Opcode(_)
            | Self::NotMasked
            | Self::LongLength(_)
            | Self::HugeLength
            | Self::LongControl(_)
            | Self::FragmentedControl
            | Self::NothingToContinue
            | Self::Interleaved
            | Self::ShortClose
            | Self::CloseCode(_) => CloseCode::PROTOCOL,
            Self::NotUtf8 | Self::ReasonNotUtf8 => CloseCode::NOT_UTF8,
            Self::TooLarge { .. } => CloseCode::TOO_LARGE,
            Self::NoMemory(_) => CloseCode::TRY_LATER,
        }
    }
}
