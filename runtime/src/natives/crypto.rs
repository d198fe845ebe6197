//! Hashes, message authentication, passwords and random tokens. Hashing runs in steps; passwords are hashed by the
//! driver, which has threads for it.

#[cfg(test)]
mod tests;

use super::arguments;
use super::define::{BOOL, INT, TEXT, function, required};
use crate::base::builtin::Param;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::text::may_copy;
use crate::value::{Handle, Heap, Text, Value};
use crate::vm::{Answer, Context, Effect, Flow, Native, Step, Stepped};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::hint::black_box;

/// Bytes that one step hashes or compares.
const STEP_BYTES: usize = 16 << 10;
/// What that costs.
const STEP_FUEL: usize = 4096;
/// Bytes of a hash function's block: longer keys are hashed first.
const BLOCK_BYTES: usize = 64;
/// The longest random token in bytes.
const TOKEN_BYTES_MAX: i64 = 1024;

const T: Param = required("text", TEXT);

/// The family.
pub const NATIVES: &[Native] = &[
    function("sha256", &[T], TEXT, sha256),
    function("hmac_sha256", &[required("key", TEXT), T], TEXT, hmac_sha256),
    function("hash_password", &[required("password", TEXT)], TEXT, hash_password),
    function("verify_password", &[required("password", TEXT), required("hash", TEXT)], BOOL, verify_password),
    function("secure_equals", &[required("a", TEXT), required("b", TEXT)], BOOL, secure_equals),
    function("random_token", &[required("bytes", INT)], TEXT, random_token),
];

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The next stretch of a text, from a byte on; empty at its end.
fn stretch(heap: &Heap, text: Handle<Text>, at: usize) -> Outcome<&[u8]> {
    let rest = heap.texts.uncharged(text)?.as_bytes().get(at..).unwrap_or_default();
    Ok(rest.get(..STEP_BYTES).unwrap_or(rest))
}

fn sha256(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    Ok(Flow::Step(Box::new(Hashing { source, at: 0, state: State::Hash(Sha256::new()) })))
}

fn hmac_sha256(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (key, message) = (arguments::text(args, 0)?, arguments::text(args, 1)?);
    let bytes = context.heap.texts.str(key)?.as_bytes();
    let hashing = if bytes.len() > BLOCK_BYTES {
        Hashing { source: key, at: 0, state: State::Key(Sha256::new(), message) }
    } else {
        Hashing { source: message, at: 0, state: State::Mac(Box::new(keyed(bytes)?)) }
    };
    Ok(Flow::Step(Box::new(hashing)))
}

fn keyed(key: &[u8]) -> Outcome<Hmac<Sha256>> {
    // A key of any length is accepted.
    Hmac::new_from_slice(key).map_err(|_| Stop::Bug(Bug::WrongShape))
}

/// Goes through a text.
#[derive(Debug)]
struct Hashing {
    source: Handle<Text>,
    at: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Hash(Sha256),
    /// Hashes a long key; then comes the message.
    Key(Sha256, Handle<Text>),
    Mac(Box<Hmac<Sha256>>),
}

impl Stepped for Hashing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let piece = stretch(context.heap, self.source, self.at)?;
        if !piece.is_empty() {
            match &mut self.state {
                State::Hash(hash) | State::Key(hash, _) => Digest::update(hash, piece),
                State::Mac(mac) => mac.update(piece),
            }
            self.at = self.at.saturating_add(piece.len());
            context.charge_fuel(STEP_FUEL);
            return Ok(Step::Again);
        }
        let digest = match &self.state {
            State::Hash(hash) => hash.clone().finalize().to_vec(),
            State::Mac(mac) => mac.clone().finalize().into_bytes().to_vec(),
            State::Key(hash, message) => {
                let mac = keyed(&hash.clone().finalize())?;
                *self = Self { source: *message, at: 0, state: State::Mac(Box::new(mac)) };
                return Ok(Step::Again);
            }
        };
        Ok(Step::Done(context.heap.new_text(&hex(&digest))?))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
        if let State::Key(_, message) = self.state {
            visit(Value::Text(message));
        }
    }
}

/// Bytes of a password: nobody charges for the copy, and hashing it should not take longer than the hash is meant to.
const PASSWORD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a hash in PHC text; ours have 97.
const HASH_BYTES_MAX: usize = 1024;

fn hash_password(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let password = context.heap.texts.str(arguments::text(args, 0)?)?;
    if !may_copy(password, PASSWORD_BYTES_MAX) {
        let text = format!("a password has at most {PASSWORD_BYTES_MAX} bytes");
        return Err(Stop::value_error(text));
    }
    let password = password.to_owned();
    Ok(Flow::Effect(Effect::HashPassword { password }, |context, answer| match answer {
        Answer::Text(hash) => context.heap.new_text(hash),
        _ => Err(Bug::BadAnswer.into()),
    }))
}

fn verify_password(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let texts = &context.heap.texts;
    let (password, hash) = (texts.str(arguments::text(args, 0)?)?, texts.str(arguments::text(args, 1)?)?);
    if !may_copy(password, PASSWORD_BYTES_MAX) || !may_copy(hash, HASH_BYTES_MAX) {
        return Ok(Flow::Value(Value::Bool(false)));
    }
    let (password, hash) = (password.to_owned(), hash.to_owned());
    Ok(Flow::Effect(Effect::VerifyPassword { password, hash }, |_, answer| match answer {
        Answer::Bool(fits) => Ok(Value::Bool(*fits)),
        _ => Err(Bug::BadAnswer.into()),
    }))
}

fn secure_equals(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (a, b) = (arguments::text(args, 0)?, arguments::text(args, 1)?);
    Ok(Flow::Step(Box::new(Comparing { a, b, at: 0, difference: 0 })))
}

/// Compares two texts without stopping at the first difference, so that its time tells their length only.
#[derive(Debug)]
struct Comparing {
    a: Handle<Text>,
    b: Handle<Text>,
    at: usize,
    difference: u8,
}

impl Stepped for Comparing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let a = stretch(context.heap, self.a, self.at)?;
        let b = stretch(context.heap, self.b, self.at)?;
        if a.len() != b.len() {
            return Ok(Step::Done(Value::Bool(false)));
        }
        if a.is_empty() {
            return Ok(Step::Done(Value::Bool(self.difference == 0)));
        }
        for (a, b) in a.iter().zip(b) {
            self.difference = black_box(self.difference | (a ^ b));
        }
        self.at = self.at.saturating_add(a.len());
        context.charge_fuel(STEP_FUEL);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.a));
        visit(Value::Text(self.b));
    }
}

fn random_token(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let wanted = arguments::int(args, 0)?;
    let bytes = usize::try_from(wanted).ok().filter(|_| (1..=TOKEN_BYTES_MAX).contains(&wanted));
    let bytes = bytes.ok_or_else(|| {
        Stop::value_error(format!("a random token has 1 to {TOKEN_BYTES_MAX} bytes, not {wanted}"))
    })?;
    // Room first: a repeated call must not draw twice.
    context.heap.reserve_text(bytes.saturating_mul(2))?;
    let mut token = vec![0; bytes];
    context.random.fill(&mut token);
    Ok(Flow::Value(context.heap.put_text(hex(&token))))
}
