//! The head of a request, line by line as its lines become whole.

use super::Limits;
use super::fault::Fault;
use super::field::{self, Field, elements};
use super::framing::{Framing, Statements};
use super::host::{self, Host};
use super::request_line::{self, Form, Method, RequestLine};
use super::scan::{At, line_end};
use crate::base::guard::{Guard, off};

/// A head that was read to its end and is lawful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its bytes, the empty line at its end included.
    pub bytes: usize,
    /// The method.
    pub method: Method,
    /// The form of the target.
    pub form: Form,
    /// HTTP/1.`minor`.
    pub minor: u8,
    /// How long the body is.
    pub framing: Framing,
    /// May another request follow on this connection?
    pub persistent: bool,
    /// Does it ask to go on as a WebSocket?
    pub websocket: bool,
}

/// A head that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Where the line begins that is not whole yet.
    line_at: usize,
    /// How far the input was looked at.
    seen: usize,
    line: Option<RequestLine>,
    fields: u32,
    hosts: u32,
    host_is_empty_at: Option<usize>,
    body: Statements,
    upgrade: Upgrade,
    upgrade_asked: bool,
    close: bool,
    keep_alive: bool,
}

/// What the Upgrade fields name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Upgrade {
    #[default]
    Nothing,
    WebSocket,
    Another,
}

impl Draft {
    /// Reads on. `input` begins where the head begins and holds all of it that has come.
    pub fn read(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Head>, At> {
        let bytes_max = if off(Guard::HeaderLimit) { usize::MAX } else { limits.head_bytes_max };
        loop {
            let too_long = if self.line.is_none() { Fault::TargetTooLong } else { Fault::HeadTooLong };
            let end = match line_end(input, &mut self.seen, bytes_max, too_long) {
                Err((Fault::BareLineFeed, at)) if off(Guard::LineEnding) => at,
                Err(at) => return Err(at),
                Ok(None) => return Ok(None),
                Ok(Some(end)) => end,
            };
            let at = self.line_at;
            let line = input.get(at..end).unwrap_or_default();
            let feed = if input.get(end) == Some(&b'\r') { 2 } else { 1 };
            self.line_at = end.saturating_add(feed);
            self.seen = self.line_at;
            let within = |(fault, place): At| (fault, at.saturating_add(place));
            match self.line {
                None => self.line = Some(request_line::read(line).map_err(within)?),
                Some(first) if line.is_empty() => return self.finish(first, at, limits).map(Some),
                Some(first) => {
                    self.fields = self.fields.saturating_add(1);
                    if self.fields > limits.fields_max && !off(Guard::HeaderLimit) {
                        return Err((Fault::TooManyFields, at));
                    }
                    let field = field::split(line).map_err(within)?;
                    self.field(&field, first, at)?;
                }
            }
        }
    }

    /// Takes the fields that decide about framing and routing.
    fn field(&mut self, field: &Field<'_>, first: RequestLine, line_at: usize) -> Result<(), At> {
        let at = line_at.saturating_add(field.value_at);
        let is = |name: &[u8]| field.name.eq_ignore_ascii_case(name);
        match field.name.len() {
            4 if is(b"host") => self.host(field.value, line_at, at),
            6 if is(b"expect") => expect(field.value, at),
            7 if is(b"upgrade") => {
                self.upgrade(field.value);
                Ok(())
            }
            10 if is(b"connection") => {
                self.connection(field.value);
                Ok(())
            }
            14 if is(b"content-length") => self.body.length(field.value, at),
            17 if is(b"transfer-encoding") => self.body.encoding(field.value, first.minor, at),
            _ => Ok(()),
        }
    }

    /// Host, once and a host (H9).
    fn host(&mut self, value: &[u8], line_at: usize, at: usize) -> Result<(), At> {
        self.hosts = self.hosts.saturating_add(1);
        if off(Guard::HeaderSection) {
            return Ok(());
        }
        if self.hosts > 1 {
            return Err((Fault::HostTwice, line_at));
        }
        match host::judge(value) {
            Host::Named => Ok(()),
            Host::Empty => {
                self.host_is_empty_at = Some(at);
                Ok(())
            }
            Host::Invalid => Err((Fault::HostInvalid, at)),
        }
    }

    fn upgrade(&mut self, value: &[u8]) {
        for protocol in elements(value) {
            let websocket = protocol.eq_ignore_ascii_case(b"websocket") && self.upgrade == Upgrade::Nothing;
            self.upgrade = if websocket { Upgrade::WebSocket } else { Upgrade::Another };
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for option in elements(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade_asked |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }

    /// What only the whole head shows. `end` is where the empty line begins.
    fn finish(&self, first: RequestLine, end: usize, limits: &Limits) -> Result<Head, At> {
        if self.hosts == 0 && first.minor == 1 && !off(Guard::HeaderSection) {
            return Err((Fault::HostMissing, end));
        }
        // An http URI without a host is none (RFC 9110, section 4.2.1); the other forms do not take theirs from Host.
        if let (Form::Origin, Some(at)) = (first.form, self.host_is_empty_at) {
            return Err((Fault::HostInvalid, at));
        }
        let framing = self.body.settle(limits.body_bytes_max)?;
        let websocket = self.upgrade_asked
            && self.upgrade == Upgrade::WebSocket
            && first.minor == 1
            && first.method == Method::Get;
        if websocket && framing != Framing::None && !off(Guard::MessageSequence) {
            return Err((Fault::UpgradeBody, end));
        }
        let persistent = !self.close && (first.minor == 1 || self.keep_alive);
        let RequestLine { method, form, minor } = first;
        Ok(Head { bytes: self.line_at, method, form, minor, framing, persistent, websocket })
    }
}

/// `100-continue` and nothing else (H14).
fn expect(value: &[u8], at: usize) -> Result<(), At> {
    if value.eq_ignore_ascii_case(b"100-continue") || off(Guard::MessageSequence) {
        Ok(())
    } else {
        Err((Fault::Expectation, at))
    }
}
