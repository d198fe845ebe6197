//! What requests are answered, from projects in memory.

use super::*;
use crate::app::{MemoryHost, SourceFile};
use crate::base::render::{Style, render};
use crate::check::Role;
use crate::config::Config;
use crate::record::Body;
use crate::value::Pool;
use std::path::Path;

/// A project of these files.
pub fn app(files: &[(&str, &str)]) -> Application {
    app_with(files, Config::default())
}

pub fn app_with(files: &[(&str, &str)], config: Config) -> Application {
    let source = |(path, text): &(&str, &str)| {
        SourceFile::in_memory(path, Role::of(path, &["components"]), text.as_bytes())
    };
    let files: Vec<SourceFile> = files.iter().map(source).collect();
    match Application::of_files(&files, config, Path::new(""), &Pool::new(1 << 30)) {
        Ok(app) => app,
        Err(crate::app::application::Unservable::Rejected(crate::app::build::Rejected::Diagnostics(
            sources,
            found,
        ))) => {
            let lines: String = found.iter().map(|found| render(found, &sources, Style::Line)).collect();
            panic!("{lines}")
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// A request without a body.
pub fn get(path: &str) -> Inbound {
    request("GET", path)
}

pub fn request(method: &str, path: &str) -> Inbound {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    Inbound {
        id: "r1".into(),
        method: method.to_owned(),
        url: path.to_owned(),
        path: bare.to_owned(),
        host: "example.org".to_owned(),
        ip: "192.0.2.1".to_owned(),
        query: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
        ..Inbound::default()
    }
}

pub fn post_json(path: &str, body: &str) -> Inbound {
    Inbound { body: Body::Json(body.to_owned()), ..request("POST", path) }
}

/// Status, content type and body of what a request is answered.
pub fn said(app: &Application, inbound: Inbound) -> String {
    shown(&answer(app, inbound, &mut MemoryHost::default()).outbound)
}

pub fn shown(outbound: &Outbound) -> String {
    let kind = outbound.headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map_or("-", |(_, kind)| kind);
    format!("{} {kind} {}", outbound.status, String::from_utf8_lossy(&outbound.body)).trim_end().to_owned()
}

/// What one file answers for `GET /`.
fn one(code: &str) -> String {
    said(&app(&[("app/index.flin", code)]), get("/"))
}

#[test]
fn the_kind_of_the_value_decides_the_answer() {
    assert_eq!(one("route GET { \"hello\" }"), "200 text/plain; charset=utf-8 hello");
    assert_eq!(one("route GET { none }"), "204 -");
    assert_eq!(one("route GET { [1, 2.0, none, \"a\"] }"), "200 application/json [1,2.0,null,\"a\"]");
    assert_eq!(one("route GET { raw(\"<b>\") }"), "200 text/html; charset=utf-8 <b>");
    assert_eq!(one("route GET { base64_bytes(\"aGk=\") }"), "200 application/octet-stream hi");
    assert_eq!(one("route GET { true }"), "200 application/json true");
    assert_eq!(one("route GET { return error(404, \"No such thing\") }"), NOT_THERE);
}

const NOT_THERE: &str = "404 application/json {\"error\":\"No such thing\",\"status\":404}";

#[test]
fn an_uncaught_error_is_answered_with_its_status() {
    assert_eq!(one("route GET { throw error(404, \"No such thing\") }"), NOT_THERE);
    let divided = one("route GET { n = 0\n 1 / n }");
    let wanted = r#"500 application/json {"error":"Cannot divide by zero","status":500,"kind":"DivisionByZero","id":"r1"}"#;
    assert_eq!(divided, wanted);
}

#[test]
fn invalid_json_never_reaches_the_handler() {
    let app = app(&[("app/index.flin", "route POST { print(\"ran\")\n body.a }")]);
    let mut host = MemoryHost::default();
    let refused = answer(&app, post_json("/", "{not json"), &mut host).outbound;
    assert_eq!(shown(&refused), r#"400 application/json {"error":"Invalid JSON in request body"}"#);
    assert_eq!(host.output, "");
    assert_eq!(said(&app, post_json("/", r#"{"a": 1, "a": {"b": 2}}"#)), r#"200 application/json {"b":2}"#);
}

#[test]
fn a_handler_reads_its_request() {
    let code = "route ANY \"/u/:id/*rest\" { [params.id, params.rest, query.q, request.query_list(\"q\"), request.method, headers[\"x-A\"], cookies.c] }";
    let mut inbound = request("PUT", "/u/7/a/b?q=1&q=2");
    inbound.headers.push(("x-a".to_owned(), "v".to_owned()));
    inbound.cookies.push(("c".to_owned(), "d".to_owned()));
    let answered = said(&app(&[("app/index.flin", code)]), inbound);
    assert_eq!(answered, r#"200 application/json ["7","a/b","2",["1","2"],"PUT","v","d"]"#);
}

#[test]
fn the_files_own_statements_run_before_the_handler_and_are_new_for_each_request() {
    let code = "count = 0\nfn more() { count += 1 }\nroute GET { more()\n more()\n count }";
    let app = app(&[("app/index.flin", code)]);
    assert_eq!(said(&app, get("/")), "200 application/json 2");
    assert_eq!(said(&app, get("/")), "200 application/json 2");
}

#[test]
fn a_handler_is_at_level_0() {
    let code = |depth: u32| {
        format!("fn down(n) {{ if n > 0 {{ return 1 + down(n - 1) }}\n 0 }}\nroute GET {{ down({depth}) }}")
    };
    assert_eq!(one(&code(511)), "200 application/json 511");
    assert!(one(&code(512)).contains("Maximum call depth (512) exceeded"), "{}", one(&code(512)));
}

#[test]
fn middleware_wraps_what_is_below_its_folder() {
    let root = "middleware { response.headers[\"X-Early\"] = \"1\"\n answer = next()\n response.headers[\"X-Late\"] = answer.status\n answer.body }";
    let inner = "middleware { if query.stop { return error(403, \"stopped\") }\n next() }";
    let files = [
        ("app/_middleware.flin", root),
        ("app/in/_middleware.flin", inner),
        ("app/in/index.flin", "route GET { if query.fail { 1 / 0 }\n \"fine\" }"),
        ("app/out.flin", "route GET { \"out\" }"),
    ];
    let app = app(&files);
    let asked = |path: &str| {
        let outbound = answer(&app, get(path), &mut MemoryHost::default()).outbound;
        let header = |name: &str| {
            let found = outbound.headers.iter().find(|(found, _)| found == name);
            found.map_or("-", |(_, value)| value).to_owned()
        };
        (shown(&outbound), header("x-early"), header("x-late"))
    };
    let plain = |text: &str| format!("200 text/plain; charset=utf-8 {text}");
    assert_eq!(asked("/in"), (plain("fine"), "1".into(), "200".into()));
    assert_eq!(asked("/out"), (plain("out"), "1".into(), "200".into()));
    let (stopped, early, late) = asked("/in?stop=1");
    assert!(stopped.starts_with("403 ") && stopped.contains("stopped"), "{stopped}");
    assert_eq!((early.as_str(), late.as_str()), ("1", "403"));
    assert!(asked("/in?fail=1").0.starts_with("500 application/json {\"error\":\"Cannot divide by zero\""));
}

#[test]
fn next_runs_once() {
    let twice =
        [("app/_middleware.flin", "middleware { next()\n next() }"), ("app/index.flin", "route GET { 1 }")];
    assert!(said(&app(&twice), get("/")).contains("next() was called already"));
}

#[test]
fn paths_and_methods_that_nobody_answers() {
    let app = app(&[("app/a.flin", "route POST { 1 }")]);
    assert!(said(&app, get("/b")).starts_with("404 "));
    let refused = answer(&app, get("/a"), &mut MemoryHost::default()).outbound;
    assert_eq!(refused.status, 405);
    assert!(refused.headers.contains(&("allow".to_owned(), "POST, OPTIONS".to_owned())));
    let options = answer(&app, request("OPTIONS", "/a"), &mut MemoryHost::default()).outbound;
    assert_eq!((options.status, options.body.len()), (204, 0));
}

#[test]
fn a_header_holds_no_line_break() {
    let split = one("route GET { response { headers: { \"X-A\": \"a\\nSet-Cookie: b\" } } }");
    assert!(split.contains("\"kind\":\"ValueError\""), "{split}");
    let name = one("route GET { response { headers: { \"X A\": \"a\" } } }");
    assert!(name.contains("ValueError"), "{name}");
}
