//! HTTP above framing: what a request says, decoded and bounded, and what an answer says, checked and encoded.
//!
//! Framing is the server's part; what comes here is a head that a parser took apart and a body of bounded size.
//! Whatever is not plainly well-formed is refused with a status and the place; nothing is repaired or guessed.
//!
//! - **D1** Every text that leaves a decoder is UTF-8 that was there; no byte is replaced.
//! - **D2** An escape is `%` and two hexadecimal digits, and is decoded once.
//! - **D3** No path has an empty, `.` or `..` part, a NUL, or a `/` that was written as an escape.
//! - **D4** Fields, cookies, parts and their headers are counted and bounded before they are kept.
//! - **D5** The work of a decoder is linear in its input.
//!
//! Absences: no socket, no disk (but for the key's file and `public/`), no clock; no value of a machine.

mod answer;
mod cookies;
mod fields;
mod inbound;
mod media;
mod multipart;
mod outbound;
mod percent;
pub mod rate_limit;
mod refusal;
pub mod session;
mod target;

pub use answer::{ErrorAnswer, Wanted, escape};
pub use fields::{FIELDS_MAX, FieldsFault};
pub use inbound::{Peer, body, head};
pub use media::Media;
pub use multipart::{HEADER_BYTES_MAX, MultipartFault, PARTS_MAX};
pub use outbound::{Unsendable, X_REQUEST_ID, defaults, response};
pub use percent::TextFault;
pub use rate_limit::{Rate, RateLimits, TooOften};
pub use refusal::Refusal;
pub use session::{Sessions, Visit};
pub use target::PathFault;
