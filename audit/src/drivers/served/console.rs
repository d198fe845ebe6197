//! The operator's console over real sockets: a panic of the runtime's own in it, and those who want in.

use super::panics::{SECRET, panics};
use super::{Answer, Client, Served};
use crate::drivers::DriverError;
use crate::drivers::lab::Lab;
use flin_runtime::config::Config;
use flin_runtime::server::Point;
use flin_runtime::server::console;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

const APP: &str = r#"
entity Item { name: text }
route GET "/ok" { "ok" }
route GET "/other" { "other" }
"#;
const PASSWORD: &str = "correct horse battery";
/// What an operator may ask for, each of a kind of its own.
const PAGES: &[&str] =
    &["/", "/style.css", "/login", "/entities", "/entities/Item", "/api/overview", "/api/routes", "/nothing"];

/// A console, as its clients see it.
struct Console {
    address: SocketAddr,
}

/// A request of one's own choosing.
#[derive(Clone, Copy)]
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    host: Option<&'a str>,
    cookie: Option<&'a str>,
    /// Whole lines.
    headers: &'a str,
    form: &'a str,
}

impl<'a> Asked<'a> {
    fn get(path: &'a str, cookie: Option<&'a str>) -> Self {
        Self { method: "GET", path, host: None, cookie, headers: "", form: "" }
    }

    fn post(path: &'a str, form: &'a str) -> Self {
        Self { method: "POST", path, host: None, cookie: None, headers: "", form }
    }
}

impl Console {
    fn of(served: &Served) -> Result<Self, DriverError> {
        let console = served.running.console();
        let address = console.ok_or_else(|| DriverError::Sample { why: "there is no console".to_owned() })?;
        Ok(Self { address: address.addr() })
    }

    /// Each on a connection of its own.
    fn ask(&self, asked: Asked<'_>) -> io::Result<Answer> {
        let Asked { method, path, host, cookie, headers, form } = asked;
        let own = self.address.to_string();
        let host = host.unwrap_or(&own);
        let cookie = cookie.map(|cookie| format!("Cookie: flin_console={cookie}\r\n")).unwrap_or_default();
        let length = form.len();
        let media = if method == "POST" {
            format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n")
        } else {
            String::new()
        };
        let mut client = Client::connect(self.address)?;
        client.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}{cookie}{media}\r\n{form}"
        ))?;
        client.answer()
    }

    /// Sets the password with the token of the terminal, and signs in; gives the session's token.
    fn enter(&self, served: &Served) -> Result<String, DriverError> {
        let token = served.running.console().and_then(console::Console::setup_token).unwrap_or_default();
        self.ask(Asked::post("/setup", &format!("token={token}&password={PASSWORD}")))?;
        let answer = self.ask(Asked::post("/login", &format!("password={PASSWORD}")))?;
        let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: flin_console="));
        let token = cookie.and_then(|cookie| cookie.split(';').next()).map(ToOwned::to_owned);
        token.ok_or_else(|| DriverError::Sample { why: format!("the console lets nobody in: {answer}") })
    }
}

fn enabled(config: &mut Config) {
    config.admin.enabled = true;
    "127.0.0.1:0".clone_into(&mut config.admin.bind);
}

/// X-05: a panic while the console answers.
pub fn console_panics(lab: &mut Lab) -> Result<(), DriverError> {
    let times = if lab.is_full() { 200 } else { 16 };
    let (probe, left) = panics(Point::Admin, 0);
    let served = Served::with(APP, enabled, |options| options.probe = probe)?;
    let console = Console::of(&served)?;
    let session = console.enter(&served)?;
    let mut other = served.client()?;
    for page in PAGES.iter().cycle().take(times) {
        lab.channel.trying(format_args!("a panic in the console, at {page}"));
        left.store(1, Ordering::SeqCst);
        match console.ask(Asked::get(page, Some(&session))) {
            Ok(answer) if answer.status == 500 && answer.body.contains("Internal server error") => {
                if answer.body.contains(SECRET) || answer.head.contains(SECRET) {
                    lab.channel.wrong("the answer to a panic", "no message", answer);
                }
            }
            Ok(answer) => lab.channel.wrong("the answer to a panic", "500", answer),
            Err(error) => lab.channel.wrong("the answer to a panic", "500", error),
        }
        if left.load(Ordering::SeqCst) > 0 {
            lab.channel.wrong("the panic", "happened", "nobody came by");
        }
        let next = other.get("/other")?;
        if next.body != "other" {
            lab.channel.wrong("a client of the program", "other", next);
        }
        let again = console.ask(Asked::get("/api/overview", Some(&session)))?;
        if again.status != 200 {
            lab.channel.wrong("the console afterwards", 200, again);
        }
    }
    drop(other);
    let counted = format!("vm_panics_total{{where=\"admin\"}} {times}");
    let page = console.ask(Asked::get("/_flin/metrics", None))?.body;
    if !page.lines().any(|line| line == counted) {
        let found = page.lines().find(|line| line.contains("where=\"admin\"")).unwrap_or("nothing");
        lab.channel.wrong("the count of panics", &counted, found);
    }
    // What the boundary itself caught, and not the library that runs tasks behind it.
    let overview = console.ask(Asked::get("/api/overview", Some(&session)))?;
    if !overview.body.contains(&format!("\"panics caught\":{times}")) {
        lab.channel.wrong("the console's own count", format_args!("{times} panics caught"), overview);
    }
    served.settles(lab, "after panics in the console");
    served.stop(lab, "after panics in the console");
    Ok(())
}

/// X-18: those who want into the console and may not.
pub fn console_abuse(lab: &mut Lab) -> Result<(), DriverError> {
    let served = Served::with(APP, enabled, |_| {})?;
    let console = Console::of(&served)?;
    set_up(lab, &served, &console)?;
    let session = console.enter(&served)?;
    foreign(lab, &console, &session)?;
    forged(lab, &console, &session)?;
    guessing(lab, &console)?;
    served.settles(lab, "after those who want into the console");
    served.stop(lab, "after those who want into the console");
    Ok(())
}

/// What each of these must be answered.
fn answered(
    lab: &mut Lab,
    console: &Console,
    name: &str,
    asked: Asked<'_>,
    status: u16,
) -> Result<(), DriverError> {
    lab.channel.trying(name);
    let answer = console.ask(asked)?;
    if answer.status != status {
        lab.channel.wrong(name, status, answer);
    } else if status >= 400 && answer.head.contains("set-cookie") {
        lab.channel.wrong(name, "no cookie", answer.head);
    }
    Ok(())
}

/// Only the terminal's token sets the password.
fn set_up(lab: &mut Lab, served: &Served, console: &Console) -> Result<(), DriverError> {
    answered(lab, console, "a page before there is a password", Asked::get("/api/overview", None), 401)?;
    let before = Asked::post("/login", "password=");
    answered(lab, console, "signing in before there is a password", before, 401)?;
    for token in ["", "0", "0000000000000000000000000000000000000000000000000000000000000000"] {
        let form = format!("token={token}&password={PASSWORD}");
        answered(lab, console, "a password set without the token", Asked::post("/setup", &form), 401)?;
    }
    let token = served.running.console().and_then(console::Console::setup_token).unwrap_or_default();
    let form = format!("token={token}&password=short");
    answered(lab, console, "a password that is too short", Asked::post("/setup", &form), 400)?;
    let form = format!("token={token}&password={PASSWORD}");
    answered(lab, console, "the password, set", Asked::post("/setup", &form), 303)?;
    let form = format!("token={token}&password=another password");
    answered(lab, console, "the password, set again", Asked::post("/setup", &form), 403)
}

/// Names that are not the console's, and pages of other sites.
fn foreign(lab: &mut Lab, console: &Console, session: &str) -> Result<(), DriverError> {
    let port = console.address.port();
    let named = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        "127.0.0.1:1".to_owned(),
    ];
    for host in &named {
        let asked = Asked { host: Some(host), ..Asked::get("/api/overview", Some(session)) };
        answered(lab, console, "a name that somebody else points here", asked, 421)?;
    }
    let own = format!("localhost:{port}");
    let asked = Asked { host: Some(&own), ..Asked::get("/api/overview", Some(session)) };
    answered(lab, console, "the console's own name", asked, 200)?;
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: https://localhost\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        let form = format!("password={PASSWORD}");
        let asked = Asked { cookie: Some(session), headers, ..Asked::post("/login", &form) };
        answered(lab, console, "a form of another site", asked, 403)?;
    }
    Ok(())
}

/// Sessions that the console did not give, or took back.
fn forged(lab: &mut Lab, console: &Console, session: &str) -> Result<(), DriverError> {
    let zeros = "0".repeat(session.len());
    let end = session.len().saturating_sub(1);
    let other = if session.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{other}", session.get(..end).unwrap_or_default());
    let upper = session.to_uppercase();
    let cut = session.get(..end).unwrap_or_default();
    for forged in ["", "x", &zeros, &changed, &upper, cut] {
        for path in ["/api/overview", "/api/entities/Item", "/api/errors", "/api/vectors"] {
            let asked = Asked::get(path, Some(forged));
            answered(lab, console, "a forged session", asked, 401)?;
        }
    }
    answered(lab, console, "the session itself", Asked::get("/api/overview", Some(session)), 200)?;
    let out = Asked { cookie: Some(session), ..Asked::post("/logout", "") };
    answered(lab, console, "the session, ended", out, 303)?;
    answered(lab, console, "a session that was ended", Asked::get("/api/overview", Some(session)), 401)
}

/// One who guesses is let through five times a minute; two attempts were made before.
fn guessing(lab: &mut Lab, console: &Console) -> Result<(), DriverError> {
    let mut passed = 0;
    let mut last = None;
    for n in 0..8 {
        lab.channel.trying("a guess");
        let answer = console.ask(Asked::post("/login", &format!("password=guess {n} of a password")))?;
        match answer.status {
            401 => passed += 1,
            429 if answer.head.contains("retry-after: ") => {}
            _ => lab.channel.wrong("a guess", "401 or 429", &answer),
        }
        last = Some(answer.status);
    }
    if passed > 5 || last != Some(429) {
        lab.channel.wrong("guesses in a minute", "at most 5", passed);
    }
    let right = Asked::post("/login", "password=correct horse battery");
    answered(lab, console, "the right password among guesses", right, 429)
}
