//! What requests are answered, from projects in memory.

use super::*;
use crate::app::{MemoryHost, SourceFile};
use crate::base::render::{Style, render};
use crate::check::Role;
use crate::config::Config;
use crate::record::{Body, SessionChange};
use crate::value::Pool;
use std::path::Path;

mod views;

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
    inbound.headers = vec![("x-a".to_owned(), "v".to_owned())].into();
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

#[test]
fn what_is_wrong_with_a_header_is_said_where_it_is_written() {
    for (headers, part) in [
        ("{ \"X-A\": \"a\\nb\" }", "line break"),
        ("{ \"X A\": 1 }", "no name of a header"),
        ("{ \"Content-Length\": 5 }", "content-length is set by the server"),
        ("{ \"transfer-encoding\": \"chunked\" }", "set by the server"),
        ("{ \"X-A\": \"a\".repeat(2_000_000) }", "at most 1048576 bytes"),
        ("{ \"X-A\": range(0, 100_000) }", "at most 1048576 bytes"),
        ("{ \"X-A\": range(0, 30_000) }", "at most 1048576 bytes"),
        ("{ \"X-A\": { a: 1 } }", "cannot be map"),
    ] {
        let caught = one(&format!(
            "route GET {{\n  try {{ response {{ headers: {headers} }} }} catch e {{ \"{{e.line}} {{e.message}}\" }}\n}}"
        ));
        assert!(caught.starts_with("200 text/plain; charset=utf-8 2 ") && caught.contains(part), "{caught}");
    }
    let late = one("route GET { r = response { body: 1 }\n r.headers[\"TE\"] = 1\n r }");
    assert!(late.starts_with("500 ") && late.contains("te is set by the server"), "{late}");
    let many = one("route GET { response { headers: { \"X-A\": [1, 2] }, body: 3 } }");
    assert_eq!(many, "200 application/json 3");
}

#[test]
fn x_33_texts_of_any_length_are_cut_or_refused_where_they_are_copied() {
    let long = "t = \"é\".repeat(600_000)";
    for (code, part) in [
        (
            "entity E { a: int }\nroute GET { @\n e = E { a: 1 }\n try { e[t] } catch e { e.message.length < 70_000 } }",
            "true",
        ),
        (
            "route GET { @\n try { set_cookie(\"a\", t) } catch e { e.message } }",
            "a cookie has at most 65536 bytes",
        ),
        ("route GET { @\n try { assert t == 1 } catch e { e.message.length < 70_000 } }", "true"),
    ] {
        let said = one(&code.replace('@', long));
        assert!(said.starts_with("200 ") && said.contains(part), "{code}: {said}");
    }
}

#[test]
fn an_informational_status_ends_no_request() {
    for status in [100, 199] {
        let said = one(&format!("route GET {{ response {{ status: {status}, body: 1 }} }}"));
        assert!(said.starts_with("500 ") && said.contains("informational"), "{said}");
    }
}

#[test]
fn what_outlives_an_error_is_a_bounded_part_of_it() {
    let app = app(&[("app/index.flin", "route GET { throw \"é\".repeat(1_000_000) }")]);
    let uncaught = answer(&app, get("/"), &mut MemoryHost::default()).uncaught.unwrap();
    assert_eq!(
        (uncaught.message.len(), uncaught.message.ends_with('…')),
        ((64 << 10) + '…'.len_utf8(), true)
    );
}

fn form(path: &str, pairs: &[(&str, &str)]) -> Inbound {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inbound { body: Body::Form(pairs), ..request("POST", path) }
}

fn outbound(app: &Application, inbound: Inbound) -> Outbound {
    answer(app, inbound, &mut MemoryHost::default()).outbound
}

#[test]
fn a_session_is_written_back_when_it_changed() {
    let code = "route POST { session.user = query.user\n none }\nroute GET { session.user }\nroute DELETE { session.clear() }";
    let app = app(&[("app/index.flin", code)]);
    let with = |method: &str, path: &str, session: &str| {
        outbound(&app, Inbound { session: Some(session.to_owned()), ..request(method, path) })
    };
    let set = outbound(&app, request("POST", "/?user=ada"));
    assert_eq!(set.session, SessionChange::Set(r#"{"user":"ada"}"#.to_owned()));
    let read = with("GET", "/", r#"{"user":"ada"}"#);
    assert_eq!(
        (shown(&read).as_str(), read.session),
        ("200 text/plain; charset=utf-8 ada", SessionChange::Keep)
    );
    assert_eq!(with("DELETE", "/", r#"{"user":"ada"}"#).session, SessionChange::Clear);
    assert_eq!(outbound(&app, request("DELETE", "/")).session, SessionChange::Keep);
}

#[test]
fn a_session_holds_little_and_only_what_json_gives_back() {
    for code in
        ["session.f = () => 1", "session.m = [1: 2]", "session.t = \"x\".repeat(5000)", "session.s = session"]
    {
        let app = app(&[("app/index.flin", &format!("route GET {{ {code}\n 1 }}"))]);
        let refused = outbound(&app, get("/"));
        assert_eq!(refused.session, SessionChange::Keep, "{code}");
        assert!(shown(&refused).contains("\"kind\":\"ValueError\""), "{code}: {}", shown(&refused));
    }
}

#[test]
fn what_a_file_returns_before_its_handler_is_the_answer() {
    let code = r#"
        if query.who == "no" { return error(403, "not you") }
        if query.who == "away" { return redirect("/in") }
        if query.who == "on" { return }
        route GET { "in" }
        route POST { "in" }
        ws "/ws" { on message(m) { send(m) } }
        sse "/sse" { emit 1 }
    "#;
    let app = app(&[("app/index.flin", code)]);
    let status = |method: &str, path: &str, who: &str| {
        let query = vec![("who".to_owned(), who.to_owned())];
        outbound(&app, Inbound { query, ..request(method, path) }).status
    };
    for (method, path) in [("GET", "/"), ("POST", "/"), ("GET", "/sse")] {
        assert_eq!(status(method, path, "no"), 403, "{method} {path}");
        assert_eq!(status(method, path, "away"), 302, "{method} {path}");
    }
    assert_eq!((status("GET", "/", "on"), status("GET", "/", "")), (200, 200));
}

#[test]
fn a_project_without_a_source_answers() {
    assert_eq!(outbound(&app(&[]), get("/")).status, 404);
}

#[test]
fn guards_let_through_or_answer() {
    let code = r#"
        guards { auth }
        route GET { "in" }
        route PUT { guard role("admin", "boss")
            "role" }
        route DELETE "/x/:id" { guard owner(int(params.id))
            "own" }
        route DELETE "/y/:id" { guard owner(params.id)
            "own" }
    "#;
    let app = app(&[("app/index.flin", code)]);
    let status = |method: &str, path: &str, session: &str| {
        outbound(&app, Inbound { session: Some(session.to_owned()), ..request(method, path) }).status
    };
    assert_eq!(
        shown(&outbound(&app, get("/"))),
        r#"401 application/json {"error":"Authentication required","status":401}"#
    );
    assert_eq!(status("GET", "/", r#"{"user":1}"#), 200);
    assert_eq!(status("PUT", "/", r#"{"user":1}"#), 403);
    assert_eq!(status("PUT", "/", r#"{"user":{"id":1,"role":"boss"}}"#), 200);
    assert_eq!(status("PUT", "/", r#"{"user":1,"role":"admin"}"#), 200);
    assert_eq!(status("DELETE", "/x/1", r#"{"user":1}"#), 200);
    assert_eq!(status("DELETE", "/x/2", r#"{"user":1}"#), 403);
    assert_eq!(status("DELETE", "/y/1", r#"{"user":1}"#), 200, "a text that spells the id");
    assert_eq!(status("DELETE", "/y/01", r#"{"user":1}"#), 403);
    assert_eq!(status("DELETE", "/y/2", r#"{"user":{"id":2}}"#), 200);
    assert_eq!(status("DELETE", "/x/2", r#"{"user":{"id":2}}"#), 200);
    assert_eq!(status("DELETE", "/x/2", r#"{"user":1,"role":"admin"}"#), 200);
}

#[test]
fn rates_addresses_and_tokens_are_guarded() {
    let code = r#"
        route GET "/rate" { guard rate_limit(2, 60)
            1 }
        route GET "/net" { guard ip_whitelist("10.0.0.0/8", "192.0.2.0/24")
            1 }
        route GET "/other" { guard ip_whitelist("10.0.0.0/8")
            1 }
        route POST "/form" { guard csrf
            1 }
        route GET "/token" { csrf_token() }
    "#;
    let app = app(&[("app/index.flin", code)]);
    let mut host = MemoryHost::default();
    let rates: Vec<u16> = (0..3).map(|_| answer(&app, get("/rate"), &mut host).outbound.status).collect();
    assert_eq!(rates, [200, 200, 429]);
    let refused = answer(&app, get("/rate"), &mut host).outbound;
    assert!(refused.headers.iter().any(|(name, value)| name == "retry-after" && value != "0"), "{refused:?}");
    let other = Inbound { ip: "192.0.2.9".into(), ..get("/rate") };
    assert_eq!(answer(&app, other, &mut host).outbound.status, 200);
    assert_eq!((outbound(&app, get("/net")).status, outbound(&app, get("/other")).status), (200, 403));
    let with_token = |inbound: Inbound| outbound(&app, Inbound { csrf: "secret".into(), ..inbound });
    assert_eq!(with_token(form("/form", &[("_csrf", "secret")])).status, 200);
    assert_eq!(with_token(form("/form", &[("_csrf", "secrex")])).status, 403);
    assert_eq!(outbound(&app, form("/form", &[("_csrf", "")])).status, 403);
    let headers = vec![("x-csrf-token".into(), "secret".into())].into();
    let header = Inbound { headers, ..form("/form", &[]) };
    assert_eq!(with_token(header).status, 200);
    let token = with_token(get("/token"));
    assert!(token.csrf_asked && shown(&token).ends_with("secret"));
}

#[test]
fn validate_converts_and_tells_every_field() {
    let code = r"
        enum Size { Small, Large }
        route POST {
            validate {
                name: text @required @maxLength(5)
                age: int? @min(18) @check(age < 200)
                tags: [text] = []
                size: Size = Size.Small
                terms: bool
                code: text @pattern(/^[a-z]+$/)
            }
            body
        }
        route GET { validate { page: int = 1 }
            query }
    ";
    let app = app(&[("app/index.flin", code)]);
    let fine = form(
        "/",
        &[("name", "Ada"), ("age", " 36 "), ("terms", "on"), ("size", "Large"), ("junk", "x"), ("tags", "t")],
    );
    assert_eq!(
        said(&app, fine),
        r#"200 application/json {"name":"Ada","age":36,"tags":["t"],"size":"Large","terms":true}"#
    );
    let bare = post_json("/", r#"{"name": "Bo"}"#);
    assert_eq!(said(&app, bare), r#"200 application/json {"name":"Bo","tags":[],"size":"Small"}"#);
    let bad = post_json(
        "/",
        r#"{"name": " ", "age": "36", "tags": [1], "size": "Huge", "terms": 1, "code": "A1"}"#,
    );
    let told = r#"400 application/json {"error":"Validation failed","status":400,"fields":{"name":"is required","age":"must be an int","tags":"must be a list of text","size":"must be a Size","terms":"must be a bool","code":"has an invalid format"}}"#;
    assert_eq!(said(&app, bad), told);
    assert!(
        said(&app, post_json("/", r#"{"name": "Bo", "age": 17}"#)).contains(r#""age":"must be at least 18""#)
    );
    assert!(said(&app, post_json("/", r#"{"name": "Bo", "age": 300}"#)).contains(r#""age":"is invalid""#));
    assert!(said(&app, request("POST", "/")).contains(r#""name":"is required""#));
    assert_eq!(said(&app, get("/?page=3&x=1")), r#"200 application/json {"page":3}"#);
    assert_eq!(said(&app, get("/")), r#"200 application/json {"page":1}"#);
    assert!(said(&app, get("/?page=x")).contains(r#""page":"must be an int""#));
}

#[test]
fn the_steps_of_a_request_have_their_order() {
    let code = r#"
        print("file {query.n}")
        guards { rate_limit(limit(), 60) }
        fn limit() { print("guard")
            9 }
        route POST { validate { n: int @required }
            print("handler") }
    "#;
    let middleware = "middleware { print(\"before\")\n next()\n print(\"after\") }";
    let app = app(&[("app/_middleware.flin", middleware), ("app/index.flin", code)]);
    let mut host = MemoryHost::default();
    answer(&app, form("/?n=1", &[("n", "2")]), &mut host);
    assert_eq!(host.output, "before\nguard\nfile 1\nhandler\nafter\n");
    let mut host = MemoryHost::default();
    answer(&app, form("/", &[]), &mut host);
    assert_eq!(host.output, "before\nguard\nafter\n");
}

#[test]
fn cookies_and_redirects() {
    let code = r#"
        route POST {
            set_cookie("a", "1", max_age: 1h, same_site: "Strict")
            set_cookie("b", "2", http_only: false)
            redirect("/next?x=1")
        }
        route GET { set_cookie("a\nb", "1") }
        route PUT { redirect("/a\r\nSet-Cookie: x=1") }
    "#;
    let app = app(&[("app/index.flin", code)]);
    let set = outbound(&app, request("POST", "/"));
    assert_eq!(set.status, 302);
    assert!(set.headers.contains(&("location".to_owned(), "/next?x=1".to_owned())));
    assert_eq!(set.cookies.len(), 2);
    assert_eq!((set.cookies[0].max_age, set.cookies[0].http_only), (Some(3600), true));
    assert!(!set.cookies[1].http_only);
    for method in ["GET", "PUT"] {
        assert!(shown(&outbound(&app, request(method, "/"))).contains("ValueError"), "{method}");
    }
}

#[test]
fn a_handler_saves_and_what_it_broke_has_its_status() {
    let entity = "entity Note { text: text @required @unique }";
    let code = "route POST { response { status: 201, body: save Note { ...body } } }\nroute GET \"/:id\" { Note.get(params.id) }";
    let app = app(&[("entities/note.flin", entity), ("app/notes.flin", code)]);
    let mut host = MemoryHost::default();
    let mut said = |inbound| shown(&answer(&app, inbound, &mut host).outbound);
    assert!(
        said(post_json("/notes", r#"{"text": "a"}"#))
            .starts_with(r#"201 application/json {"id":1,"text":"a""#)
    );
    assert!(said(post_json("/notes", r#"{"text": "a"}"#)).starts_with("409 "));
    let missing = said(post_json("/notes", r#"{"text": ""}"#));
    assert!(
        missing.starts_with("400 ") && missing.contains(r#""fields":{"text":"is required"}"#),
        "{missing}"
    );
    assert!(said(get("/7")).starts_with("404 "));
    assert!(said(get("/1")).starts_with("200 "));
}

#[test]
fn the_runtimes_own_errors_have_the_order_of_all_errors() {
    let answered = of_end(&End::Timeout, &"r1".into(), Detail::Message);
    let told = r#"{"error":"The deadline passed","status":503,"kind":"Timeout","id":"r1"}"#;
    assert_eq!(String::from_utf8(answered.outbound.body).unwrap(), told);
}
