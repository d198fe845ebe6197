//! How work grows with what a request says: what is decoded from its bytes, and what a program makes of that.
//!
//! Work is counted in fuel. What the decoders do before there is an execution costs none: there the case's own limit of
//! processor time says when work has no measure, which is why each request is decoded very often.

use crate::drivers::DriverError;
use crate::drivers::engine::{Asked, Execution, Request};
use crate::drivers::lab::Lab;
use std::fmt::Write as _;

/// What twice the input may cost, and chosen keys over random ones.
const FACTOR_MAX: f64 = 2.5;
const CHOSEN_MAX: u64 = 3;
/// How often a request is decoded; in a quick run less.
const TIMES: u32 = 200;
const TIMES_QUICK: u32 = 10;

/// Everything that a program can ask of a request, looked at.
const PROGRAM: &str = "\
seen = query.count() + cookies.count() + headers.count()
for name in query.keys() { seen += query[name].length }
for name in cookies.keys() { seen += cookies[name].length }
for name in headers.keys() { seen += headers[name].length }
if body is map {
    for name in body.keys() { x = body[name]; seen += 1 }
    for name in body.keys() { if body[name] == none { seen += 1 } }
} else if body is text { seen += body.length }
print(seen > 0)
";

/// A way in: what people call it, how many pieces may come, and the request that holds so many of them.
struct Way {
    name: &'static str,
    pieces_max: u64,
    request: fn(&[String]) -> Request,
}

const WAYS: &[Way] = &[
    Way {
        name: "a query",
        pieces_max: 1000,
        request: |keys| Request::get(&format!("/case?{}", pairs(keys, "&"))),
    },
    Way { name: "cookies", pieces_max: 1000, request: |keys| headed("Cookie", &pairs(keys, "; ")) },
    Way { name: "headers", pieces_max: 100, request: headers },
    Way {
        name: "a form",
        pieces_max: 1000,
        request: |keys| Request::post("application/x-www-form-urlencoded", pairs(keys, "&").as_bytes()),
    },
    Way { name: "JSON", pieces_max: 100_000, request: json },
    Way { name: "parts", pieces_max: 1000, request: parts },
];

fn pairs(keys: &[String], between: &str) -> String {
    keys.iter().map(|key| format!("{key}=1")).collect::<Vec<_>>().join(between)
}

fn headed(name: &str, value: &str) -> Request {
    let mut request = Request::get("/case");
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

fn headers(keys: &[String]) -> Request {
    let mut request = Request::get("/case");
    request.headers.extend(keys.iter().map(|key| (format!("x-{key}"), "1".to_owned())));
    request
}

fn json(keys: &[String]) -> Request {
    let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":1")).collect();
    Request::post("application/json", format!("{{{}}}", members.join(",")).as_bytes())
}

fn parts(keys: &[String]) -> Request {
    let mut text = String::new();
    for key in keys {
        let _ = write!(text, "--B\r\nContent-Disposition: form-data; name={key}\r\n\r\n1\r\n");
    }
    text.push_str("--B--\r\n");
    Request::post("multipart/form-data; boundary=B", text.as_bytes())
}

/// Keys of one length, one beginning and one end, of few letters: what hashes that people write put together.
fn chosen(count: u64) -> Vec<String> {
    let letters = |n: u64| (0..17).map(|bit| if n >> bit & 1 == 0 { "aa" } else { "bb" }).collect();
    (0..count).map(letters).collect()
}

/// Keys of the same length without such a pattern.
fn scattered(count: u64) -> Vec<String> {
    let key = |n: u64| format!("{:034}", u128::from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * 0x1_0000_0001);
    (0..count).map(key).collect()
}

/// keys that fall together, in all that a request has keys in.
pub(super) fn colliding_requests(lab: &mut Lab) -> Result<(), DriverError> {
    let most = if lab.is_full() { 100_000 } else { 5_000 };
    for way in WAYS {
        lab.channel.trying(format_args!("chosen keys in {}", way.name));
        let count = way.pieces_max.min(most);
        let work = |lab: &mut Lab, keys: Vec<String>| work(lab, way.name, &(way.request)(&keys), 1);
        let (Some(picked), Some(random)) = (work(lab, chosen(count)), work(lab, scattered(count))) else {
            continue;
        };
        if picked == 0 || picked > random.saturating_mul(CHOSEN_MAX) {
            let expected = format_args!("at most {CHOSEN_MAX} times the work of random ones");
            lab.channel.wrong(way.name, expected, format_args!("{picked} and {random}"));
        }
    }
    Ok(())
}

/// twice as many of them, and values and paths that are twice as long.
pub(super) fn doubled_requests(lab: &mut Lab) -> Result<(), DriverError> {
    for way in WAYS {
        let count = way.pieces_max.min(if lab.is_full() { 20_000 } else { 2_000 }) / 2;
        let request = |count| (way.request)(&scattered(count));
        doubled(lab, way.name, &[request(count), request(count * 2)]);
    }
    let n = if lab.is_full() { 30_000 } else { 10_000 };
    for (name, long) in LONG {
        doubled(lab, name, &[long(n), long(n * 2)]);
    }
    Ok(())
}

/// What can be long in a request without being many.
const LONG: &[(&str, fn(usize) -> Request)] = &[
    ("dots in a path", |n| Request::get(&format!("/case/{}", "a/.../".repeat(n / 6)))),
    ("nested dots in a path", |n| Request::get(&format!("/case{}", "/..%2f..".repeat(n / 8)))),
    ("slashes in a path", |n| Request::get(&format!("/{}", "/".repeat(n)))),
    ("escapes in a path", |n| Request::get(&format!("/case/{}", "%C3%A9".repeat(n / 6)))),
    ("one parameter", |n| Request::get(&format!("/case?a={}", "%C3%A9+".repeat(n / 7)))),
    ("nothing but ampersands", |n| Request::get(&format!("/case?{}", "&".repeat(n)))),
    ("one cookie", |n| headed("Cookie", &format!("a={}", "x".repeat(n)))),
    ("semicolons in cookies", |n| headed("Cookie", &"; ".repeat(n / 2))),
    ("a list of languages", |n| headed("Accept-Language", &"de;q=0.5,".repeat(n / 9))),
    ("a list of media types", |n| headed("Accept", &"text/x;q=0.5,".repeat(n / 13))),
    ("a list of addresses", |n| headed("X-Forwarded-For", &"192.0.2.1, ".repeat(n / 11))),
    ("one field of a form", |n| {
        Request::post(
            "application/x-www-form-urlencoded",
            format!("a={}", "%C3%A9+".repeat(n / 7)).as_bytes(),
        )
    }),
    ("a text in JSON", |n| {
        Request::post("application/json", format!("{{\"a\":\"{}\"}}", "\\u00e9".repeat(n / 6)).as_bytes())
    }),
    ("digits in JSON", |n| Request::post("application/json", format!("[{}]", "9".repeat(n)).as_bytes())),
    ("a part that nearly ends all the time", |n| {
        let head = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n";
        let text = format!("{head}{}\r\n--B--\r\n", "\r\n--".repeat(n / 4));
        Request::post("multipart/form-data; boundary=B", text.as_bytes())
    }),
    ("a boundary of dashes", |n| {
        let boundary = "-".repeat(60);
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\n");
        let text = format!("{head}{}\r\n--{boundary}--\r\n", "-".repeat(n));
        Request::post(&format!("multipart/form-data; boundary={boundary}"), text.as_bytes())
    }),
];

fn doubled(lab: &mut Lab, name: &str, requests: &[Request; 2]) {
    lab.channel.trying(format_args!("{name}, and twice that"));
    let times = if lab.is_full() { TIMES } else { TIMES_QUICK };
    let [once, twice] = requests.each_ref().map(|request| work(lab, name, request, times));
    let (Some(once), Some(twice)) = (once, twice) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^52")]
    let factor = twice as f64 / once.max(1) as f64;
    if factor > FACTOR_MAX {
        let found = format!("{factor:.2} times ({once} and {twice})");
        lab.channel.wrong(name, format_args!("at most {FACTOR_MAX} times the work"), found);
    }
}

/// Fuel of one request beyond what an empty one costs, and decodes it so often; one that is refused by its decoder is
/// an answer too, and costs none.
fn work(lab: &mut Lab, name: &str, request: &Request, times: u32) -> Option<u64> {
    let execution = Execution { source: PROGRAM.as_bytes(), settings: lab.settings, files: Vec::new() };
    let asked = |request: &Request, times| execution.asked(request, times);
    let (empty, found) = (asked(&Request::get("/case"), 1), asked(request, times));
    match (empty, found) {
        (Asked::Ran(empty), Asked::Ran(ran)) if ran.is_done() => Some(ran.work.saturating_sub(empty.work)),
        (Asked::Ran(_), Asked::Ran(ran)) => {
            lab.channel.wrong(name, "an ordinary end", ran.describe());
            None
        }
        (Asked::Ran(_), Asked::Refused(400..=499)) => Some(0),
        (Asked::Refused(status), _) | (_, Asked::Refused(status)) => {
            lab.channel.wrong(name, "a refusal of the client's", status);
            None
        }
    }
}
