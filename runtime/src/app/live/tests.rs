//! Facts about sockets, streams and jobs, from projects in memory.

use super::*;
use crate::app::{MemoryHost, SourceFile};
use crate::base::render::{Style, render};
use crate::check::Role;
use crate::config::Config;
use crate::value::Pool;
use std::path::Path;

fn app_with(files: &[(&str, &str)], config: Config) -> Application {
    use crate::app::application::Unservable;
    use crate::app::build::Rejected;
    let source = |(path, text): &(&str, &str)| {
        SourceFile::in_memory(path, Role::of(path, &["components"]), text.as_bytes())
    };
    let files: Vec<SourceFile> = files.iter().map(source).collect();
    match Application::of_files(&files, config, Path::new(""), &Pool::new(1 << 30)) {
        Ok(app) => app,
        Err(Unservable::Rejected(Rejected::Diagnostics(sources, found))) => {
            panic!("{}", found.iter().map(|found| render(found, &sources, Style::Line)).collect::<String>())
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn app(source: &str) -> Application {
    app_with(&[("app/live.flin", source)], Config::default())
}

fn get(path: &str) -> Inbound {
    let (path, url) = (path.to_owned(), path.to_owned());
    Inbound { id: "r1".into(), method: "GET".to_owned(), url, path, ..Inbound::default() }
}

/// A socket, its world, and what its statements and `on connect` led to.
fn opened(app: &Application, path: &str) -> (Socket, MemoryHost, Dealt) {
    let mut host = MemoryHost::default();
    let mut socket = Socket::open(app, get(path), &mut host).unwrap();
    let dealt = socket.happen(SocketEvent::Open, &mut host);
    (socket, host, dealt)
}

fn text(text: &str) -> SocketEvent {
    SocketEvent::Message(Message::Text(text.into()))
}

fn binary(bytes: &[u8]) -> SocketEvent {
    SocketEvent::Message(Message::Binary(bytes.into()))
}

/// What was said, a line each.
fn said(host: &MemoryHost) -> Vec<String> {
    let shown = |message: &Message| match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => format!("{bytes:?}"),
    };
    let line = |effect: &Effect| match effect {
        Effect::Send(message) => shown(message),
        Effect::Join(room) => format!("join {room}"),
        Effect::Leave(room) => format!("leave {room}"),
        Effect::Broadcast { room, message } => format!("{room}: {}", shown(message)),
        Effect::Emit { event, data } => format!("{}: {data}", event.as_deref().unwrap_or("event")),
        Effect::Wait(millis) => format!("wait {millis}"),
        other => panic!("{other:?}"),
    };
    host.said.iter().map(line).collect()
}

const ON: Dealt = Dealt { end: End::Done, ending: None };

#[test]
fn a_sockets_variables_last_until_it_closes() {
    let app = app("ws \"/c/:room\" {
        count = 0
        fn named(what) { return \"{params.room} {what} {count}\" }
        on connect { join(params.room); send(named(\"open\")) }
        on message(data) {
            count += 1
            broadcast(params.room, { n: count, data })
            if count == 2 { leave(params.room) }
        }
        on close { broadcast(params.room, named(\"closed\")) }
        count = 10
    }");
    let (mut socket, mut host, dealt) = opened(&app, "/c/blue");
    assert_eq!(dealt, ON);
    assert_eq!(socket.happen(text("[1, \"a\"]"), &mut host), ON);
    assert_eq!(socket.happen(text("no json"), &mut host), ON);
    assert_eq!(socket.happen(SocketEvent::Close, &mut host), ON);
    socket.happen(SocketEvent::Close, &mut host);
    socket.happen(text("late"), &mut host);
    let expected = [
        "join blue",
        "blue open 10",
        "blue: {\"n\":11,\"data\":[1,\"a\"]}",
        "blue: {\"n\":12,\"data\":\"no json\"}",
        "blue: blue closed 12",
    ];
    assert_eq!(said(&host), expected);
}

#[test]
fn texts_and_bytes_go_to_their_own_handlers() {
    let app = app("ws \"/raw\" { on text(raw) { send(raw) } on message(data) { send(\"never\") } }
        ws \"/bytes\" { on binary(data) { send(data); send(data.size) } }
        ws \"/silent\" { }");
    let (mut socket, mut host, _) = opened(&app, "/raw");
    assert_eq!(socket.happen(text("{\"a\": 1}"), &mut host), ON);
    assert_eq!(said(&host), ["{\"a\": 1}"]);
    let unsupported = Dealt { end: End::Done, ending: Some(Ending::Unsupported) };
    assert_eq!(socket.happen(binary(b"a"), &mut host), unsupported);
    let (mut socket, mut host, _) = opened(&app, "/bytes");
    assert_eq!(socket.happen(binary(&[0, 255]), &mut host), ON);
    assert_eq!(socket.happen(text("nobody takes it"), &mut host), ON);
    assert_eq!(said(&host), ["[0, 255]", "2"]);
    let (mut socket, mut host, dealt) = opened(&app, "/silent");
    assert_eq!((dealt, socket.happen(text("x"), &mut host)), (ON, ON));
    assert_eq!(socket.happen(binary(b""), &mut host), unsupported);
}

/// L2
#[test]
fn an_uncaught_error_ends_the_socket_and_close_runs_once() {
    let app = app("ws \"/s\" {
        on message(data) { if data == \"close\" { close(); send(\"still said\") } else { send(1 / data.n) } }
        on close { send(\"closed\") }
    }");
    let (mut socket, mut host, _) = opened(&app, "/s");
    assert_eq!(socket.happen(text("{\"n\": 1}"), &mut host), ON);
    let dealt = socket.happen(text("{\"n\": 0}"), &mut host);
    assert_eq!(dealt.ending, Some(Ending::Error));
    assert!(matches!(dealt.end, End::Uncaught(error) if error.kind == "DivisionByZero"));
    assert_eq!(socket.happen(SocketEvent::Close, &mut host), ON);
    socket.happen(SocketEvent::Close, &mut host);
    assert_eq!(said(&host), ["1", "closed"]);
    let (mut socket, mut host, _) = opened(&app, "/s");
    let ending = Dealt { end: End::Done, ending: Some(Ending::Program) };
    assert_eq!(socket.happen(text("close"), &mut host), ending);
    assert_eq!(said(&host), ["still said"]);
}

/// L1, L2, X-08
#[test]
fn x_08_each_event_has_a_deadline_and_close_runs_after_one_that_passed() {
    let mut config = Config::default();
    config.vm.deadline = std::time::Duration::from_millis(40);
    let source = "ws \"/s\" {
        on message(data) { if data == \"loop\" { transaction { while true { x = now } } } else { send(data) } }
        on close { send(\"closed\") }
    }";
    let app = app_with(&[("app/live.flin", source)], config);
    let (mut socket, mut host, _) = opened(&app, "/s");
    for _ in 0..3 {
        host.now += 30;
        assert_eq!(socket.happen(text("\"x\""), &mut host), ON);
    }
    let dealt = socket.happen(text("loop"), &mut host);
    assert_eq!(dealt, Dealt { end: End::Timeout, ending: Some(Ending::Error) });
    assert_eq!(socket.happen(SocketEvent::Close, &mut host), ON);
    assert_eq!(said(&host), ["x", "x", "x", "closed"]);
}

/// L1: T1-08
#[test]
fn t1_08_a_handler_is_at_level_0() {
    let app = app("ws \"/s\" {
        fn down(n) { if n == 0 { return \"deep\" }; return down(n - 1) }
        on message(data) { send((try down(data)) || \"too deep\") }
    }");
    let (mut socket, mut host, _) = opened(&app, "/s");
    for depth in ["511", "512", "511"] {
        assert_eq!(socket.happen(text(depth), &mut host), ON);
    }
    assert_eq!(said(&host), ["deep", "too deep", "deep"]);
}

#[test]
fn middleware_and_the_files_statements_come_before_the_upgrade() {
    let files = [
        (
            "app/_middleware.flin",
            "middleware { if query.token != \"t\" { return error(401, \"no\") }; next() }",
        ),
        ("app/live.flin", "greeting = \"hello \" + query.name\nws { on connect { send(greeting) } }"),
    ];
    let app = app_with(&files, Config::default());
    let mut host = MemoryHost::default();
    let Err(Some(refused)) = Socket::open(&app, get("/live"), &mut host) else { panic!("not refused") };
    assert_eq!(refused.outbound.status, 401);
    let query = [("token", "t"), ("name", "Ada")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inbound = Inbound { query: query.into(), ..get("/live") };
    let mut socket = Socket::open(&app, inbound, &mut host).unwrap();
    assert_eq!(socket.happen(SocketEvent::Open, &mut host), ON);
    assert_eq!(said(&host), ["hello Ada"]);
    assert!(matches!(Socket::open(&app, get("/other"), &mut host), Err(None)));
}

fn run_stream(
    app: &Application,
    path: &str,
    host: &mut MemoryHost,
) -> Result<(Answered, End), Option<Answered>> {
    let crate::app::router::Found::Endpoint(found) = app.find("GET", path) else { panic!("no stream") };
    stream(app, found.endpoint, get(path), host)
}

#[test]
fn a_stream_emits_and_waits() {
    let app = app("sse \"/ticks\" {
        for n in 1..3 {
            emit { n } as \"tick {n}\"
            wait 1s
        }
        emit \"two\\nlines\"
        failed = [try late(-1s), try late(5)]
        emit failed.map(e => e.kind)
        fn late(d) { wait d }
    }");
    let mut host = MemoryHost::default();
    let (answered, end) = run_stream(&app, "/ticks", &mut host).unwrap();
    assert_eq!((answered.outbound.status, end), (200, End::Done));
    let headers = &answered.outbound.headers;
    assert!(headers.contains(&("content-type".to_owned(), "text/event-stream".to_owned())), "{headers:?}");
    let expected = [
        "tick 1: {\"n\":1}",
        "wait 1000",
        "tick 2: {\"n\":2}",
        "wait 1000",
        "tick 3: {\"n\":3}",
        "wait 1000",
        "event: two\nlines",
        "event: [\"ValueError\",\"TypeError\"]",
    ];
    assert_eq!(said(&host), expected);
}

/// L3
#[test]
fn each_stretch_of_a_stream_has_a_deadline() {
    let mut config = Config::default();
    config.vm.deadline = std::time::Duration::from_millis(100);
    let source = "sse \"/ticks\" { for n in 1..50 { emit n; wait 1s } while true { x = now } }";
    let app = app_with(&[("app/live.flin", source)], config);
    let mut host = MemoryHost::default();
    let (_, end) = run_stream(&app, "/ticks", &mut host).unwrap();
    assert_eq!((host.said.len(), end), (100, End::Timeout));
}

#[test]
fn a_stream_whose_client_is_gone_ends() {
    let app = app("sse \"/ticks\" { try { while true { emit 1 } } catch e { print(\"caught\") } }");
    let mut host = MemoryHost::default();
    let (_, end) = run_stream(&app, "/ticks", &mut host).unwrap();
    assert_eq!((end, host.output.as_str()), (End::Gone, ""), "no program runs while it is unwound");
}

#[test]
fn jobs_run_with_the_statements_of_their_file() {
    let source = "what = \"work\"
        every 5m { print(\"{what} done\"); broadcast(\"all\", [1]) }
        cron \"0 3 * * *\" { log.info(1 / 0) }";
    let app = app_with(&[("jobs/clean.flin", source)], Config::default());
    let jobs: Vec<u32> = app.jobs().map(|(index, _)| index).collect();
    let mut host = MemoryHost::default();
    let ends: Vec<End> = jobs.iter().map(|&index| job(&app, index, &mut host).unwrap()).collect();
    assert_eq!(host.output, "work done\n");
    assert_eq!(said(&host), ["all: [1]"]);
    assert!(
        matches!(&ends[..], [End::Done, End::Uncaught(error)] if error.kind == "DivisionByZero"),
        "{ends:?}"
    );
    assert_eq!(job(&app, 99, &mut host), None);
}

/// The same with a collection before every instruction and step.
#[test]
fn what_a_socket_keeps_survives_collections() {
    let mut app = app("ws \"/s\" {
        seen = []
        on message(data) { seen.push(data); send(seen) }
        on binary(data) { seen.push(data.text); send(data) }
    }");
    app.limits.gc_stress = true;
    let (mut socket, mut host, _) = opened(&app, "/s");
    for event in [text("{\"a\": [1, 2]}"), text("plain"), binary(b"abc"), text("null")] {
        assert_eq!(socket.happen(event, &mut host), ON);
    }
    let last = said(&host).pop().unwrap();
    assert_eq!(last, "[{\"a\":[1,2]},\"plain\",\"abc\",null]");
}
