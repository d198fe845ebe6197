//! Real sockets on loopback, raw bytes in, whole answers out.

use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

fn config() -> Config {
    let mut config = Config::default();
    config.server.port = 0;
    config
}

fn start(config: Config) -> Running {
    Server::start(config, Options { threads: 1, ..Options::default() }).unwrap()
}

/// Sends bytes and reads to the end.
fn ask(running: &Running, bytes: &str) -> String {
    let mut stream = TcpStream::connect(running.addr()).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    rest(&mut stream)
}

fn rest(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn health(running: &Running) -> String {
    ask(running, "GET /_flin/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

#[test]
fn it_answers_and_stops() {
    let running = start(config());
    let answer = health(&running);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"ready\":true"), "{answer}");
    let page = ask(&running, "GET /_flin/metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(page.contains("http_requests_total{status=\"200\"} 1"), "{page}");
    let address = running.addr();
    running.stop();
    running.wait();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn connections_beyond_the_limit_are_told_to_come_back() {
    let mut config = config();
    config.server.connections_max = 2;
    let running = start(config);
    let held: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(running.addr()).unwrap()).collect();
    let mut third = TcpStream::connect(running.addr()).unwrap();
    let answer = rest(&mut third);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1"), "{answer}");
    drop(held);
    while running.shared().open_connections() > 0 {
        std::thread::yield_now();
    }
    assert!(health(&running).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_silent_connection_is_closed() {
    let mut config = config();
    config.server.idle_timeout = Duration::from_millis(50);
    let running = start(config);
    let mut silent = TcpStream::connect(running.addr()).unwrap();
    assert_eq!(rest(&mut silent), "");
}

#[test]
fn an_accept_loop_that_panics_is_begun_again() {
    let left = std::sync::atomic::AtomicU32::new(3);
    let probe = Probe::new(move |point| {
        let injects = point == Point::Accepted
            && left
                .fetch_update(
                    std::sync::atomic::Ordering::SeqCst,
                    std::sync::atomic::Ordering::SeqCst,
                    |left| left.checked_sub(1),
                )
                .is_ok();
        if injects {
            std::panic::resume_unwind(Box::new("injected"));
        }
    });
    let running = Server::start(config(), Options { threads: 1, probe, ..Options::default() }).unwrap();
    for _ in 0..3 {
        let mut lost = TcpStream::connect(running.addr()).unwrap();
        assert_eq!(rest(&mut lost), "");
    }
    let answer = health(&running);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("accept loop"), "{answer}");
    assert_eq!(running.shared().restarts.total(), 3);
}
