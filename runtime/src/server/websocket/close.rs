//! How a connection ends: codes that may be sent, and the payload of a close frame.

use super::fault::FaultKind;
use crate::base::guard::{Guard, off};
use std::sync::Arc;

/// A code that a close frame may have (RFC 6455, section 7.4, and IANA's registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server stops.
    pub const GOING_AWAY: Self = Self(1001);
    /// A violation of the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A kind of data that is not taken here.
    pub const UNSUPPORTED: Self = Self(1003);
    /// Data that does not fit its kind: text that is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// A message that is too large.
    pub const TOO_LARGE: Self = Self(1009);
    /// The server met something that it did not expect.
    pub const INTERNAL: Self = Self(1011);
    /// The server is overloaded, or the peer too slow.
    pub const TRY_LATER: Self = Self(1013);

    /// The code of that number, if it may be sent: 1000 to 1003 and 1007 to 1014, those of libraries and frameworks
    /// (3000 to 3999) and of applications (4000 to 4999).
    pub const fn of(number: u16) -> Option<Self> {
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// What a close frame says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Close {
    /// Why; none where the frame has no payload.
    pub code: Option<CloseCode>,
    /// In words, for whoever debugs.
    pub reason: Arc<str>,
}

impl Close {
    /// Reads the payload of a close frame.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, FaultKind> {
        let Some((code, reason)) = payload.split_first_chunk::<2>() else {
            return if payload.is_empty() { Ok(Self::default()) } else { Err(FaultKind::ShortClose) };
        };
        let number = u16::from_be_bytes(*code);
        #[cfg(feature = "knockout")]
        if off(Guard::CloseCode) {
            return Ok(Self { code: Some(CloseCode(number)), reason: "".into() });
        }
        debug_assert!(!off(Guard::CloseCode));
        let code = CloseCode::of(number).ok_or(FaultKind::CloseCode(number))?;
        let reason = std::str::from_utf8(reason).map_err(|_| FaultKind::ReasonNotUtf8)?;
        Ok(Self { code: Some(code), reason: reason.into() })
    }
}
