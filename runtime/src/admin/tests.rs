//! Facts about the console.

use super::*;
use serde_json::json;
use std::time::Duration;

const NOW: Moment = Moment { wall: 1_700_000_000_000, up: Duration::from_secs(9) };
const PASSWORD: &str = "correct horse battery";

fn after(ms: u64) -> Moment {
    let up = Duration::from_millis(ms);
    Moment { wall: NOW.wall + i64::try_from(ms).unwrap(), up: NOW.up + up }
}

#[derive(Debug)]
struct Seen;

impl Sight for Seen {
    fn overview(&self) -> Value {
        json!({ "ready": true, "note": "<script>" })
    }
    fn entities(&self) -> Value {
        json!([{ "name": "User", "rows": 2 }])
    }
    fn rows(&self, entity: &str, after: u64) -> Option<Value> {
        (entity == "User").then(|| json!([{ "id": after + 1, "email": "<b>" }]))
    }
    fn history(&self, entity: &str, id: u64) -> Option<Value> {
        (entity == "User" && id == 1).then(|| json!([{ "version": 1 }]))
    }
    fn routes(&self) -> Value {
        json!([])
    }
    fn jobs(&self) -> Value {
        json!([])
    }
    fn errors(&self) -> Value {
        json!([])
    }
    fn guards(&self) -> Value {
        json!([])
    }
}

fn admin() -> Admin {
    Admin::new(Access::in_memory("127.0.0.1:3001".parse().unwrap(), [1; 32]), Arc::new(Seen))
}

fn request(method: &str, path: &str) -> Inbound {
    let ip = "127.0.0.1".to_owned();
    Inbound {
        method: method.to_owned(),
        path: path.to_owned(),
        host: "127.0.0.1:3001".to_owned(),
        ip,
        ..Inbound::default()
    }
}

fn form(path: &str, fields: &[(&str, &str)]) -> Inbound {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inbound { body: Body::Form(fields), ..request("POST", path) }
}

fn header<'a>(outbound: &'a Outbound, name: &str) -> Option<&'a str> {
    outbound.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// A console with a password, and the cookie of a session.
fn signed_in() -> (Admin, (String, String)) {
    let admin = admin();
    let token = admin.setup_token().unwrap();
    assert_eq!(admin.answer(&form("/setup", &[("token", &token), ("password", PASSWORD)]), NOW).status, 303);
    let answer = admin.answer(&form("/login", &[("password", PASSWORD)]), NOW);
    let cookie = header(&answer, "set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    (admin, (name.to_owned(), value.to_owned()))
}

fn with(cookie: &(String, String), request: Inbound) -> Inbound {
    Inbound { cookies: vec![cookie.clone()], ..request }
}

#[test]
fn only_the_token_sets_the_password_and_only_once() {
    let admin = admin();
    let token = admin.setup_token().unwrap();
    let set_up = |token: &str, password: &str| {
        admin.answer(&form("/setup", &[("token", token), ("password", password)]), NOW).status
    };
    assert_eq!(set_up("", PASSWORD), 401);
    assert_eq!(set_up(&token, "short"), 400);
    assert_eq!(set_up(&token, &"x".repeat(1025)), 400);
    assert_eq!(set_up(&token, PASSWORD), 303);
    assert_eq!((set_up(&token, PASSWORD), admin.setup_token()), (403, None));
}

/// However the wall clock is set meanwhile.
#[test]
fn x_18_set_up_is_refused_for_a_minute_and_not_for_ever() {
    let admin = admin();
    let right = admin.setup_token().unwrap();
    let set_up = |ip: &str, token: &str, now| {
        let fields = [("token", token), ("password", PASSWORD)];
        admin.answer(&Inbound { ip: ip.to_owned(), ..form("/setup", &fields) }, now).status
    };
    for n in 0..30 {
        assert_eq!(set_up(&format!("192.0.2.{}", n / 5), "wrong", NOW), 401, "{n}");
    }
    assert_eq!(set_up("192.0.2.0", &right, NOW), 429);
    assert_eq!(set_up("192.0.2.99", &right, after(59_999)), 429);
    assert_eq!(set_up("192.0.2.0", &right, Moment { wall: NOW.wall - 3_600_000, ..after(60_001) }), 303);
}

#[test]
fn x_18_nothing_is_shown_without_a_session() {
    let (admin, cookie) = signed_in();
    for path in ["/", "/entities", "/api/entities", "/routes", "/jobs", "/errors", "/vectors", "/nothing"] {
        assert_eq!(admin.answer(&request("GET", path), NOW).status, 401, "{path}");
        let forged = (cookie.0.clone(), "0".repeat(64));
        assert_eq!(admin.answer(&with(&forged, request("GET", path)), NOW).status, 401, "{path}");
    }
    assert_eq!(admin.answer(&with(&cookie, request("GET", "/")), NOW).status, 200);
    let hours = 8 * 60 * 60 * 1000;
    assert_eq!(admin.answer(&with(&cookie, request("GET", "/")), after(hours)).status, 401);
    assert_eq!(admin.answer(&with(&cookie, request("POST", "/logout")), NOW).status, 303);
    assert_eq!(admin.answer(&with(&cookie, request("GET", "/")), NOW).status, 401);
}

#[test]
fn x_18_guessing_is_slow() {
    let (admin, _) = signed_in();
    let guess = |ip: &str, password: &str, now| {
        let request = Inbound { ip: ip.to_owned(), ..form("/login", &[("password", password)]) };
        admin.answer(&request, now).status
    };
    for _ in 0..4 {
        assert_eq!(guess("127.0.0.1", "wrong", NOW), 401);
    }
    assert_eq!(guess("127.0.0.1", PASSWORD, NOW), 429);
    assert_eq!(guess("127.0.0.1", PASSWORD, after(60_000)), 303);
    for n in 0..40 {
        guess(&format!("192.0.2.{n}"), "", after(200_000));
    }
    assert_eq!(guess("192.0.2.99", PASSWORD, after(200_000)), 429);
}

#[test]
fn x_18_other_names_and_other_sites_are_refused() {
    let (admin, cookie) = signed_in();
    for host in [
        "evil.example",
        "evil.example:3001",
        "127.0.0.1:80",
        "127.0.0.1",
        "",
        "localhost",
        "localhost.evil.example:3001",
    ] {
        let request = Inbound { host: host.to_owned(), ..with(&cookie, request("GET", "/")) };
        assert_eq!(admin.answer(&request, NOW).status, 421, "{host}");
    }
    for host in ["127.0.0.1:3001", "localhost:3001", "[::1]:3001"] {
        let request = Inbound { host: host.to_owned(), ..with(&cookie, request("GET", "/")) };
        assert_eq!(admin.answer(&request, NOW).status, 200, "{host}");
    }
    for (name, value, status) in [
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "http://127.0.0.1:3001", 303),
    ] {
        let headers = vec![(name.to_owned(), value.to_owned())].into();
        let request = Inbound { headers, ..with(&cookie, request("POST", "/logout")) };
        assert_eq!(admin.answer(&request, NOW).status, status, "{name}: {value}");
    }
}

#[test]
fn pages_show_data_and_never_markup() {
    let (admin, cookie) = signed_in();
    let page = |path: &str| {
        let answer = admin.answer(&with(&cookie, request("GET", path)), NOW);
        assert_eq!(answer.status, 200, "{path}");
        assert!(header(&answer, "content-security-policy").unwrap().starts_with("default-src 'none'"));
        String::from_utf8(answer.body).unwrap()
    };
    assert!(page("/").contains("&lt;script&gt;") && !page("/").contains("<script"));
    assert!(page("/entities").contains("<a href=\"/entities/User\">User</a>"));
    assert!(page("/entities/User").contains("&lt;b&gt;"));
    assert!(page("/entities/User").contains("<a href=\"/entities/User/1\">1</a>"));
    assert!(page("/entities/User/1").contains("version"));
    assert!(page("/jobs").contains("Nothing yet."));
    assert_eq!(page("/api/entities"), r#"[{"name":"User","rows":2}]"#);
    for path in ["/entities/Nobody", "/entities/User/2", "/entities/User/x", "/a", "/entities/User/1/2"] {
        assert_eq!(admin.answer(&with(&cookie, request("GET", path)), NOW).status, 404, "{path}");
    }
    assert_eq!(admin.answer(&with(&cookie, request("DELETE", "/")), NOW).status, 405);
}

#[test]
fn the_password_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Access::open("127.0.0.1:3001".parse().unwrap(), folder.path(), [1; 32]).unwrap();
    let admin = Admin::new(open(), Arc::new(Seen));
    let token = admin.setup_token().unwrap();
    admin.answer(&form("/setup", &[("token", &token), ("password", PASSWORD)]), NOW);
    let again = Admin::new(open(), Arc::new(Seen));
    assert_eq!(again.setup_token(), None);
    assert_eq!(again.answer(&form("/login", &[("password", PASSWORD)]), NOW).status, 303);
}
