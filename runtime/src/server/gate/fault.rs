//! Why a message is refused: one closed list, from fault to status and text.

use std::fmt;

/// A refusal: what is wrong, and at which byte of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// Bytes of the connection before the one that decided.
    pub offset: u64,
}

impl Refusal {
    /// The status to answer with.
    pub const fn status(&self) -> u16 {
        self.fault.status()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {} of the connection)", self.fault.reason(), self.offset)
    }
}

impl std::error::Error for Refusal {}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal, $reason:literal;)*) => {
        /// What can be wrong with the framing of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $($(#[doc = $doc])+ $name),* }

        impl Fault {
            /// All faults, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The status to answer with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// What is said to the client: what was found or what is allowed.
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason),* }
            }

            /// The name that logs and metrics use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

faults! {
    /// A line feed without a carriage return before it.
    BareLineFeed = 400, "a line ends with a line feed alone; lines end with CR LF";
    /// A carriage return without a line feed behind it.
    BareCarriageReturn = 400, "a carriage return stands inside a line";
    /// A control character, NUL among them.
    ControlByte = 400, "a control character stands in the request";
    /// Not `method SP target SP version`.
    RequestLine = 400, "the request line is not a method, a target and a version with one space between";
    /// The method is no token.
    MethodToken = 400, "the method is not a token";
    /// A method that nothing here answers to.
    MethodUnknown = 501, "the method is not implemented";
    /// The target has a form that does not fit its method, or none at all.
    TargetForm = 400, "the target is neither a path, an http URI nor the * of OPTIONS";
    /// A byte that no target holds.
    TargetByte = 400, "the target holds a character that must be percent-encoded";
    /// `%` without two hexadecimal digits.
    TargetEncoding = 400, "a % in the target is not followed by two hexadecimal digits";
    /// Longer than the limit.
    TargetTooLong = 414, "the request line is longer than the limit";
    /// `HTTP/d.d`, but another one.
    VersionUnknown = 505, "only HTTP/1.1 and HTTP/1.0 are spoken here";
    /// Not `HTTP/d.d`.
    VersionShape = 400, "the version is not of the form HTTP/1.1";
    /// A field's name is no token, or it has none.
    FieldName = 400, "the name of a header is not a token of at most 1024 bytes";
    /// A field without a colon.
    FieldColon = 400, "a header has no colon";
    /// White space between a field's name and its colon.
    SpaceBeforeColon = 400, "white space stands before the colon of a header";
    /// A line that begins with white space.
    Folding = 400, "a header line begins with white space; folded headers are not accepted";
    /// A field's value is not UTF-8.
    FieldText = 400, "the value of a header is not UTF-8";
    /// All of request line and fields are more than the limit.
    HeadTooLong = 431, "the headers are longer than the limit";
    /// More fields than the limit.
    TooManyFields = 431, "there are more headers than the limit";
    /// HTTP/1.1 without Host.
    HostMissing = 400, "there is no Host header";
    /// Host more than once.
    HostTwice = 400, "there is more than one Host header";
    /// Host is not a host and perhaps a port.
    HostInvalid = 400, "the host is not a host name or address with at most a port";
    /// Content-Length is no number, or one beyond 64 bits.
    ContentLength = 400, "Content-Length is not a number";
    /// Content-Length more than once, equal or not.
    ContentLengthTwice = 400, "there is more than one Content-Length";
    /// Transfer-Encoding is something else than `chunked`, once.
    TransferEncoding = 400, "Transfer-Encoding is not chunked, once and alone";
    /// A coding that is not `chunked`, with `chunked` behind it.
    CodingUnknown = 501, "no transfer coding but chunked is implemented";
    /// Transfer-Encoding in HTTP/1.0, which has none.
    TransferEncodingOld = 400, "HTTP/1.0 has no Transfer-Encoding";
    /// Both ways to say how long a body is.
    LengthAndEncoding = 400, "there are both Content-Length and Transfer-Encoding";
    /// More bytes than the limit, declared or counted.
    BodyTooLarge = 413, "the body is larger than the limit";
    /// An expectation other than `100-continue`.
    Expectation = 417, "no expectation but 100-continue can be met";
    /// A request to change the protocol that has a body.
    UpgradeBody = 400, "a request for a WebSocket has no body";
    /// A chunk's size is no hexadecimal number, or too large a one.
    ChunkSize = 400, "the size of a chunk is not a hexadecimal number of at most 16 digits";
    /// A chunk's extensions are malformed.
    ChunkExtension = 400, "a chunk extension is malformed";
    /// A line of a chunk, or all extensions of a body, are longer than the limit.
    ChunkExtensionTooLong = 400, "chunk extensions are longer than the limit";
    /// A chunk's data are not followed by CR LF.
    ChunkEnd = 400, "a chunk is not followed by CR LF";
    /// A field of the trailer that belongs into a head.
    TrailerField = 400, "a trailer holds a header that belongs before the body";
    /// The trailer is more than its limit.
    TrailerTooLarge = 431, "the trailer is larger than the limit";
    /// The peer ended inside a head.
    HeadTruncated = 400, "the request ended before its headers did";
    /// The peer ended inside a body.
    BodyTruncated = 400, "the request ended before its body did";
    /// The head did not come in time.
    HeadTimeout = 408, "the headers did not arrive in time";
    /// The body did not come in time.
    BodyTimeout = 408, "the body did not arrive in time";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_status_of_the_clients_or_501_or_505_and_a_text() {
        for fault in Fault::ALL {
            let status = fault.status();
            assert!((400..=499).contains(&status) || status == 501 || status == 505, "{fault:?}");
            assert!(fault.reason().len() > 10 && !fault.reason().ends_with('.'), "{fault:?}");
        }
    }
}
