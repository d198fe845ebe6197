//! What two failures of one cause have in common: the file that panics and its message without what varies; where there
//! is no panic, the innermost frames without the machinery of panics and fuzzers.

use libcasr::asan::AsanStacktrace;
use libcasr::init_ignored_frames;
use libcasr::rust::RustStacktrace;
use libcasr::stacktrace::{Filter, ParseStacktrace, Stacktrace};

/// One frame: a function and, where it is known, `file:line` below the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// As the linker calls it, without hash and crate numbers.
    pub function: String,
    /// `runtime/src/value/list.rs:42`.
    pub place: Option<String>,
}

/// Frames that a fingerprint takes.
const FRAMES: usize = 3;
const MESSAGE_CHARS_MAX: usize = 80;

/// The frames of a panic's backtrace, or of a sanitizer's or fuzzer's report, innermost first.
pub fn frames(text: &str) -> Vec<Frame> {
    let parsed = RustStacktrace::parse_backtrace(text).or_else(|| AsanStacktrace::parse_backtrace(text));
    let Some(mut trace) = parsed else { return Vec::new() };
    init_ignored_frames!("rust", "cpp");
    trace.filter();
    trace
        .iter()
        .map(|entry| Frame { function: function(&entry.function), place: place(&entry.debug) })
        .collect()
}

/// Both kinds of reports look alike from here.
trait Backtrace {
    fn parse_backtrace(text: &str) -> Option<Stacktrace>;
}

impl<P: ParseStacktrace> Backtrace for P {
    fn parse_backtrace(text: &str) -> Option<Stacktrace> {
        let lines = P::extract_stacktrace(text).ok()?;
        // One line that cannot be read must not lose the others.
        let entries: Vec<_> = lines.iter().filter_map(|line| P::parse_stacktrace_entry(line).ok()).collect();
        (!entries.is_empty()).then_some(entries)
    }
}

/// `runtime::value[1f2e…]::list::get::h0123` without what the compiler added.
fn function(name: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    match plain.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            before.to_owned()
        }
        _ => plain,
    }
}

fn place(debug: &libcasr::stacktrace::DebugInfo) -> Option<String> {
    let file = in_repository(&debug.file)?;
    Some(format!("{file}:{}", debug.line))
}

/// The part of a path below the repository; none for what is not ours.
pub fn in_repository(path: &str) -> Option<&str> {
    if path.contains("/registry/") || path.contains("/rustc/") || path.contains("/library/") {
        return None;
    }
    ["runtime/src/", "audit/"].iter().find_map(|root| path.find(root).map(|at| &path[at..]))
}

/// The fingerprint of a panic.
pub fn of_panic(place: &str, message: &str) -> String {
    let file = place.split(':').next().unwrap_or_default();
    let file =
        in_repository(file).unwrap_or_else(|| file.rsplit_once("/src/").map_or(file, |(_, file)| file));
    format!("{file}: {}", normalise(message))
}

/// The fingerprint of an end that no panic led to.
pub fn of_frames(outcome: &str, frames: &[Frame]) -> String {
    let functions: Vec<&str> = frames.iter().take(FRAMES).map(|frame| frame.function.as_str()).collect();
    if functions.is_empty() { outcome.to_owned() } else { format!("{outcome} in {}", functions.join(" < ")) }
}

/// The first line of a message, numbers and quoted texts replaced: they come from the input.
pub fn normalise(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut plain = String::new();
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => {
                quote = Some(c);
                plain.push('_');
            }
            (None, '0'..='9') if plain.ends_with('N') => {}
            (None, '0'..='9') => plain.push('N'),
            (None, _) => plain.push(c),
        }
    }
    plain.chars().take(MESSAGE_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_input_chose_is_no_part_of_a_fingerprint() {
        let one = of_panic(
            "/home/a/runtime/src/value/list.rs:41:9",
            "index out of bounds: the len is 3 but the index is 5",
        );
        let two = of_panic(
            "runtime/src/value/list.rs:47:9",
            "index out of bounds: the len is 0 but the index is 12345",
        );
        assert_eq!(one, two);
        assert_eq!(one, "runtime/src/value/list.rs: index out of bounds: the len is N but the index is N");
        assert_eq!(
            normalise("byte index 1 is not a char boundary of `é`"),
            "byte index N is not a char boundary of _"
        );
    }

    #[test]
    fn a_library_is_named_without_where_it_lies() {
        let place = "/root/.cargo/registry/src/index-1/imbl-7.0.0/src/hash/map.rs:3:1";
        assert_eq!(of_panic(place, "no"), "hash/map.rs: no");
    }

    #[test]
    fn frames_of_a_panic_are_ours_and_innermost_first() {
        let text = "thread 'main' panicked at runtime/src/value/list.rs:41:9:\nno\nstack backtrace:\n   0:     0x55d0 - std::panicking::begin_panic_handler::h0123456789abcdef\n                               at /rustc/59807/library/std/src/panicking.rs:697:5\n   1:     0x55d1 - core::panicking::panic_fmt::h0123456789abcdef\n                               at /rustc/59807/library/core/src/panicking.rs:75:14\n   2:     0x55d2 - flin_runtime::value::list::get::h0123456789abcdef\n                               at /home/a/flin/runtime/src/value/list.rs:41:9\n";
        let frames = frames(text);
        assert_eq!(frames[0].function, "flin_runtime::value::list::get");
        assert_eq!(frames[0].place.as_deref(), Some("runtime/src/value/list.rs:41"));
    }

    #[test]
    fn frames_of_a_sanitizer_are_read_too() {
        let text = "==7==ERROR: AddressSanitizer: stack-overflow on address 0x7ffe\n    #0 0x55d0 in flin_runtime::syntax::parse::expr /a/runtime/src/syntax/parse.rs:12:3\n    #1 0x55d1 in flin_runtime::syntax::parse::block /a/runtime/src/syntax/parse.rs:99:3\n";
        let seen = frames(text);
        assert_eq!(
            of_frames("stack-overflow", &seen),
            "stack-overflow in flin_runtime::syntax::parse::expr < flin_runtime::syntax::parse::block"
        );
    }

    #[test]
    fn what_cannot_be_read_has_no_frames() {
        assert_eq!(frames("killed"), Vec::new());
        assert_eq!(of_frames("hang", &[]), "hang");
    }
}
