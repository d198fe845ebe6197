//! Real sockets on loopback, raw bytes in, whole answers out.

use super::*;
use crate::app::project::SourceFile;
use crate::check::Role;
use crate::store::disk::{Disk as _, Twin};
use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

const APP: &str = r#"
route GET "/hello" { { message: "hello" } }
route GET "/loop" { while true {} }
route GET "/slow" { xs = []; for i in 0..400000 { xs.push(i) }; xs.length }
route POST "/echo" { body }
route GET "/error" { throw error("Broken", "it broke") }
route GET "/as/:status" { response { status: int(params.status), body: "x" } }
route GET "/busy" { xs = []; for i in 0..5000 { xs.push(i) }; xs.length }
"#;

pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.server.port = 0;
    config
}

pub(super) fn app(source: &str, config: Config) -> Arc<Application> {
    app_of(&[("app/index.flin", source)], config)
}

/// Of files with their paths.
pub(super) fn app_of(files: &[(&str, &str)], config: Config) -> Arc<Application> {
    let pool = machine::pool(config.vm.memory_total);
    let source = |(path, text): &(&str, &str)| {
        SourceFile::in_memory(path, Role::of(path, &["components"]), text.as_bytes())
    };
    let files: Vec<SourceFile> = files.iter().map(source).collect();
    let folder = tempfile::tempdir().unwrap();
    let app = Application::of_files(&files, config, folder.path(), &pool).unwrap();
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    Arc::new(app)
}

thread_local! {
    /// The folders of this thread's applications, which go when its test is over.
    static FOLDERS: RefCell<Vec<tempfile::TempDir>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn options() -> Options {
    let store = StorePlace::memory(&crate::config::Store::default());
    Options { threads: 1, runners: 1, store: Some(store), ..Options::default() }
}

fn start(config: Config) -> Running {
    Server::start(app(APP, config), options()).unwrap()
}

/// Sends bytes and reads to the end.
pub(super) fn ask(running: &Running, bytes: &str) -> String {
    let mut stream = TcpStream::connect(running.addr()).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    rest(&mut stream)
}

pub(super) fn get(running: &Running, path: &str) -> String {
    ask(running, &format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
}

pub(super) fn rest(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[test]
fn a_start_that_leaves_out_the_end_of_the_log_says_so() {
    let source = "entity Item {\n    n: int\n}\n\nroute GET \"/save\" {\n    save Item { n: 1 }\n    1\n}\n";
    let twin = Twin::new();
    let store = StorePlace::on(Arc::new(twin.clone()), crate::store::Options::default());
    let on = |store| Options { store: Some(store), ..options() };
    let running = Server::start(app(source, config()), on(store)).unwrap();
    assert_eq!(status(&get(&running, "/save")), "200");
    running.stop();
    running.wait().unwrap();
    let name = twin.list().unwrap().into_iter().find(|name| name.starts_with("log-")).unwrap();
    let mut bytes = twin.content(&name).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    // Without its end mark the last record is not known to have been durable.
    bytes[used - 40..].fill(0);
    twin.put(&name, bytes);
    let started = |expected: bool| {
        let text = log::tests::logged(crate::config::LogFormat::Text, || {
            let store = StorePlace::on(Arc::new(twin.clone()), crate::store::Options::default());
            let running = Server::start(app(source, config()), on(store)).unwrap();
            running.stop();
            running.wait().unwrap();
        });
        assert_eq!(text.contains(&format!("{name} is not whole from byte 512 on")), expected, "{text}");
    };
    started(true);
    // That one ended it in order.
    started(false);
}

#[test]
fn it_answers_and_stops() {
    let running = start(config());
    let answer = get(&running, "/hello");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"message\":\"hello\"}"),
        "{answer}"
    );
    assert!(get(&running, "/_flin/health").contains("\"ready\":true"));
    let changing = ask(
        &running,
        "POST /_flin/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    assert!(status(&changing) == "405" && changing.contains("allow: GET, HEAD\r\n"), "{changing}");
    let page = get(&running, "/_flin/metrics");
    assert!(page.contains("http_requests_total{status=\"200\"} 2"), "{page}");
    assert_eq!(status(&get(&running, "/nowhere")), "404");
    assert_eq!(status(&get(&running, "/echo")), "405");
    let address = running.addr();
    running.stop();
    running.wait().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn bodies_arrive_and_errors_are_answered() {
    let running = start(config());
    let post = |body: &str| {
        let length = body.len();
        ask(
            &running,
            &format!(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            ),
        )
    };
    assert!(post("{\"a\": [1, 2]}").ends_with("{\"a\":[1,2]}"));
    let invalid = post("{\"a\":");
    assert!(status(&invalid) == "400" && invalid.contains("Invalid JSON in request body"), "{invalid}");
    let broken = get(&running, "/error");
    assert!(status(&broken) == "500" && broken.contains("it broke"), "{broken}");
    assert_eq!(running.shared().errors().recent().len(), 1);
    let bad = ask(&running, "GET / HTTP/1.1\nHost: a\n\n");
    assert!(status(&bad) == "400" && bad.contains("connection: close"), "{bad}");
}

#[test]
fn what_takes_long_moves_to_a_runner_and_ends_at_its_deadline() {
    let mut config = config();
    config.vm.deadline = Duration::from_millis(300);
    let running = start(config);
    let mut endless = TcpStream::connect(running.addr()).unwrap();
    endless.write_all(b"GET /loop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    // Served by the one thread that does IO, while the other never ends.
    assert_eq!(status(&get(&running, "/hello")), "200");
    let answer = rest(&mut endless);
    assert!(status(&answer) == "503" && answer.contains("Timeout"), "{answer}");
    // The runner drops it at its next turn.
    while running.shared().pool.leased() > 0 {
        std::thread::yield_now();
    }
    let [error] = &running.shared().errors().recent()[..] else { panic!("one error") };
    assert_eq!((&*error.kind, &*error.message), ("Timeout", "the deadline passed"));
    assert!(error.chain[0].contains("app/index.flin:"), "where it stood: {error:?}");
}

/// A client with an endless handler behind an answer that it has not read.
fn with_an_endless_handler(running: &Running) -> TcpStream {
    let mut client = TcpStream::connect(running.addr()).unwrap();
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /loop HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    client.peek(&mut [0]).unwrap();
    let metrics = &running.shared().metrics;
    while metrics.executions.get() < 2 || metrics.running_now() == 0 {
        std::thread::yield_now();
    }
    client
}

#[test]
fn a_client_that_goes_away_takes_its_execution_along() {
    let mut config = config();
    // Nothing ends it but that.
    config.vm.deadline = Duration::from_hours(1);
    let running = start(config);
    // What was not read makes the system reset the connection; the other ends quietly, and gets the time of a peer that
    // may still read.
    drop(with_an_endless_handler(&running));
    let mut quiet = with_an_endless_handler(&running);
    assert!(quiet.read(&mut [0; 4096]).unwrap() > 0);
    drop(quiet);
    let began = Instant::now();
    while running.shared().metrics.running_now() > 0 {
        assert!(began.elapsed() < Duration::from_mins(1), "it runs for nobody");
        std::thread::yield_now();
    }
    running.stop();
    running.wait().unwrap();
}

#[test]
fn a_client_that_sends_no_more_gets_its_answers() {
    let running = start(config());
    let mut client = TcpStream::connect(running.addr()).unwrap();
    client.write_all(b"GET /busy HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let answers = rest(&mut client);
    assert!(answers.contains("\r\n\r\n5001HTTP/1.1 200 OK\r\n"), "{answers}");
    assert!(answers.ends_with("{\"message\":\"hello\"}"), "{answers}");
}

#[test]
fn what_the_configuration_allows_passes_the_library_too() {
    let mut config = config();
    config.server.headers_max = 1_000;
    config.server.header_bytes_max = 1 << 20;
    let running = start(config);
    let fields: String = (0..998).map(|n| format!("X-{n}: {}\r\n", "v".repeat(1_000))).collect();
    let answer =
        ask(&running, &format!("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"));
    assert_eq!(status(&answer), "200", "{answer}");
    assert_eq!(running.shared().metrics.disagreements.get(), 0);
}

#[test]
fn connections_beyond_the_limit_are_told_to_come_back() {
    let mut config = config();
    config.server.connections_max = 2;
    let running = start(config);
    let held: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(running.addr()).unwrap()).collect();
    let mut third = TcpStream::connect(running.addr()).unwrap();
    let answer = rest(&mut third);
    assert!(status(&answer) == "503" && answer.contains("retry-after: 1"), "{answer}");
    drop(held);
    while running.shared().open_connections() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(status(&get(&running, "/hello")), "200");
}

#[test]
fn files_of_public_are_sent_with_ranges_and_heads() {
    let app = app(APP, config());
    std::fs::create_dir(app.root.join("public")).unwrap();
    let large: String = "0123456789".repeat(100_000);
    std::fs::write(app.root.join("public/a.txt"), "0123456789").unwrap();
    std::fs::write(app.root.join("public/b.txt"), &large).unwrap();
    let running = Server::start(app, options()).unwrap();
    let small = get(&running, "/a.txt");
    assert!(status(&small) == "200" && small.ends_with("\r\n\r\n0123456789"), "{small}");
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert!(body(&get(&running, "/b.txt")) == large);
    let ask = |head: &str| ask(&running, &format!("{head}\r\nHost: a\r\nConnection: close\r\n\r\n"));
    let part = ask("GET /b.txt HTTP/1.1\r\nRange: bytes=3-5");
    assert!(status(&part) == "206" && body(&part) == "345", "{part}");
    let outside = ask("GET /a.txt HTTP/1.1\r\nRange: bytes=10-\r\nAccept: text/html");
    assert!(status(&outside) == "416" && outside.contains("content-range: bytes */10\r\n"), "{outside}");
    assert!(body(&outside).contains("<h1>"), "an error page for whoever wants pages: {outside}");
    let head = ask("HEAD /b.txt HTTP/1.1");
    assert!(status(&head) == "200" && head.contains("content-length: 1000000\r\n") && body(&head).is_empty());
}

#[test]
fn slow_and_silent_peers_are_told_and_closed() {
    let mut config = config();
    config.server.idle_timeout = Duration::from_millis(50);
    config.server.header_timeout = Duration::from_millis(50);
    config.server.request_timeout = Duration::from_millis(50);
    let running = start(config);
    let after = |bytes: &str| ask(&running, bytes);
    assert_eq!(after(""), "");
    assert_eq!(status(&after("GET / HT")), "408");
    assert_eq!(status(&after("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12")), "408");
    let kept = after("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(status(&kept) == "200" && kept.ends_with("{\"message\":\"hello\"}"), "{kept}");
}

#[test]
fn x_01_a_panic_in_a_route_is_answered_and_counted() {
    let probe = Probe::new(|point| {
        if point == Point::Route {
            std::panic::resume_unwind(Box::new("injected"));
        }
    });
    let running = Server::start(app(APP, config()), Options { probe, ..options() }).unwrap();
    let answer = get(&running, "/hello");
    assert!(status(&answer) == "500" && !answer.contains("injected"), "{answer}");
    assert_eq!(running.shared().metrics.panics(metrics::Entry::Route), 1);
    assert_eq!(status(&get(&running, "/_flin/health")), "200");
}

#[test]
fn x_05_a_panic_in_the_console_is_answered_and_counted() {
    let probe = Probe::new(|point| {
        if point == Point::Admin {
            std::panic::resume_unwind(Box::new("injected"));
        }
    });
    let mut config = config();
    (config.admin.enabled, config.admin.bind) = (true, "127.0.0.1:0".to_owned());
    let running = Server::start(app(APP, config), Options { probe, ..options() }).unwrap();
    let mut stream = TcpStream::connect(running.console().unwrap().addr()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let answer = rest(&mut stream);
    assert!(status(&answer) == "500" && !answer.contains("injected"), "{answer}");
    assert_eq!(running.shared().metrics.panics(metrics::Entry::Admin), 1);
    assert_eq!(status(&get(&running, "/hello")), "200");
}

#[test]
fn x_20_an_accept_loop_that_panics_is_begun_again() {
    let left = AtomicU32::new(3);
    let probe = Probe::new(move |point| {
        let take = |left: u32| left.checked_sub(1);
        if point == Point::Accepted && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            std::panic::resume_unwind(Box::new("injected"));
        }
    });
    let running = Server::start(app(APP, config()), Options { probe, ..options() }).unwrap();
    for _ in 0..3 {
        let mut lost = TcpStream::connect(running.addr()).unwrap();
        assert_eq!(rest(&mut lost), "");
    }
    let answer = get(&running, "/_flin/health");
    assert!(status(&answer) == "503" && answer.contains("accept loop"), "{answer}");
    assert_eq!(running.shared().restarts.total(), 3);
}

#[test]
fn an_informational_status_is_the_programs_error() {
    let running = start(config());
    for interim in [100, 101, 199] {
        let answer = get(&running, &format!("/as/{interim}"));
        assert!(status(&answer) == "500" && answer.contains("informational"), "{answer}");
    }
    assert_eq!(status(&get(&running, "/as/200")), "200");
}

#[test]
fn a_disk_that_cannot_keep_ended_sessions_is_told_of_at_the_start() {
    // A folder so deep that its files can be named, but not the longer names that they are written under first.
    let root = tempfile::tempdir().unwrap();
    let mut folder = root.path().to_owned();
    while folder.as_os_str().len() < 4_070 {
        let left = 4_078_usize.saturating_sub(folder.as_os_str().len() + 1);
        folder.push("a".repeat(left.min(200)));
    }
    std::fs::create_dir_all(&folder).unwrap();
    let key = folder.join(crate::app::http::session::KEY_FILE);
    std::fs::write(&key, [1; 32]).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut config = config();
    folder.to_str().unwrap().clone_into(&mut config.store.path);
    let app = app(APP, config);
    let mut running = None;
    let text = log::tests::logged(crate::config::LogFormat::Text, || {
        running = Some(Server::start(app, options()).unwrap());
    });
    assert!(text.contains("ended sessions cannot be kept") && text.contains("sessions.ended"), "{text}");
    assert!(get(&running.unwrap(), "/_flin/health").contains("sessions.ended"));
}

#[test]
fn every_answer_has_the_headers_that_protect_a_browser() {
    let running = start(config());
    let refused = ask(&running, "GET / HTTP/1.1\r\n\r\n");
    assert_eq!(status(&refused), "400");
    let answers =
        [refused, get(&running, "/hello"), get(&running, "/nowhere"), get(&running, "/_flin/health")];
    for answer in &answers {
        for name in ["x-content-type-options: nosniff", "x-frame-options: ", "referrer-policy: "] {
            assert!(answer.contains(name), "{name}: {answer}");
        }
    }
    assert!(answers.iter().all(|answer| answer.contains("\r\nx-request-id: ")), "{answers:?}");
}

#[test]
fn a_new_program_answers_new_requests() {
    let running = start(config());
    running.shared().replace(app("route GET \"/hello\" { \"new\" }", config())).unwrap();
    assert!(get(&running, "/hello").ends_with("new"));
}

#[test]
fn sources_with_errors_are_told_of_where_no_older_program_runs() {
    let running = start(config());
    let broken =
        |older_runs| Some(stale::Broken { findings: "app/index.flin:1:1: <oh>".to_owned(), older_runs });
    running.shared().stale().set(broken(true));
    assert_eq!(status(&get(&running, "/hello")), "200");
    running.shared().stale().set(broken(false));
    let page =
        ask(&running, "GET /hello HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    assert!(status(&page) == "503" && page.contains("app/index.flin:1:1: &lt;oh&gt;"), "{page}");
    running.shared().stale().set(None);
    assert_eq!(status(&get(&running, "/hello")), "200");
}

#[test]
fn errors_are_pages_for_whoever_wants_pages_and_tell_all_to_developers() {
    let page = |develops| {
        let running = Server::start(app(APP, config()), Options { develops, ..options() }).unwrap();
        ask(&running, "GET /error HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
    };
    let plain = page(false);
    assert!(plain.contains("<h1>500 ") && plain.contains("it broke") && !plain.contains(".flin:"), "{plain}");
    assert!(page(true).contains("app/index.flin:6:"), "{}", page(true));
}

#[test]
fn requests_that_run_are_finished_when_the_server_stops() {
    let running = start(config());
    let mut slow = TcpStream::connect(running.addr()).unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    while running.shared().metrics.executions.get() == 0 {
        std::thread::yield_now();
    }
    running.stop();
    let answer = rest(&mut slow);
    assert!(status(&answer) == "200" && answer.contains("connection: close"), "{answer}");
    running.wait().unwrap();
}
