//! Runs the same client against FLIN, bare hyper and axum, one after the other and several times around, and prints a
//! table; then the same with a page of 100 rows from FLIN and from Node.js with EJS (`npm` installs it); then 1,024
//! connections in service and 500 that are too many. `cargo run --release -- PATH_OF_FLIN [SECONDS]`; the client is `wrk`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Connections that the client keeps open.
const CONNECTIONS: usize = 64;
/// Times that each server is measured; the best counts, which is the one that others disturbed least.
const ROUNDS: usize = 3;
/// Idle connections that memory is measured with.
const IDLE: usize = 900;

struct Server {
    name: &'static str,
    child: Child,
    url: String,
}

#[derive(Clone, Copy, Default)]
struct Measured {
    per_second: f64,
    p50: f64,
    p99: f64,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let flin = args.next().expect("the path of a release build of flin");
    let seconds: u32 = args.next().map_or(5, |text| text.parse().expect("seconds"));
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = std::env::current_exe().expect("a path");
    let sibling = |name: &str| here.with_file_name(name);
    let flin = PathBuf::from(flin);
    let mut servers = vec![
        start("bare hyper", &mut Command::new(sibling("bare"))),
        start("axum", &mut Command::new(sibling("axum_json"))),
        start("FLIN", Command::new(&flin).arg("start").arg(home.join("app"))),
    ];
    let best = rounds(&servers, "/hello", seconds);
    println!("| server | requests/s | of bare hyper | p50 ms | p99 ms | KiB per idle connection |");
    println!("|---|---:|---:|---:|---:|---:|");
    let bare = best[0].per_second;
    for (server, best) in servers.iter().zip(&best) {
        let Measured { per_second, p50, p99 } = best;
        let share = per_second / bare * 100.0;
        let idle = idle_kib(server);
        println!("| {} | {per_second:.0} | {share:.0} % | {p50:.2} | {p99:.2} | {idle:.1} |", server.name);
    }
    end(&mut servers);

    let node = home.join("node");
    if !node.join("node_modules").exists() {
        let installed = Command::new("npm").args(["install", "--silent"]).current_dir(&node).status();
        assert!(installed.expect("npm is installed").success());
    }
    let view = |processes: &str| {
        let mut command = Command::new("node");
        command.arg("view.js").arg(processes).current_dir(&node);
        command
    };
    let mut servers = vec![
        start("Node.js, EJS, one process", &mut view("1")),
        start("Node.js, EJS, two processes", &mut view("2")),
        start("FLIN", Command::new(&flin).arg("start").arg(home.join("app"))),
    ];
    let best = rounds(&servers, "/rows", seconds);
    println!("\n| a page of 100 rows | pages/s | of Node.js | p50 ms | p99 ms |");
    println!("|---|---:|---:|---:|---:|");
    let one = best[0].per_second;
    for (server, best) in servers.iter().zip(&best) {
        let Measured { per_second, p50, p99 } = best;
        println!("| {} | {per_second:.0} | {:.1} | {p50:.2} | {p99:.2} |", server.name, per_second / one);
    }
    crowd(&servers[2]);
    end(&mut servers);
}

/// The best of several rounds of each, taken in turn.
fn rounds(servers: &[Server], path: &str, seconds: u32) -> Vec<Measured> {
    let mut best = vec![Measured::default(); servers.len()];
    for _ in 0..ROUNDS {
        for (server, best) in servers.iter().zip(&mut best) {
            let measured = load(&format!("{}{path}", server.url), seconds);
            if measured.per_second > best.per_second {
                *best = measured;
            }
        }
    }
    best
}

fn end(servers: &mut [Server]) {
    for server in servers {
        server.child.kill().expect("it runs");
        server.child.wait().expect("it ends");
    }
}

/// As many connections as are allowed, all in service, and 500 more that are told to come back.
fn crowd(server: &Server) {
    let address = server.url.trim_start_matches("http://");
    let connect = || {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        stream
    };
    let ask = |stream: &mut TcpStream| {
        let mut bytes = [0; 4096];
        let asked = stream.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        let read = asked.and_then(|()| stream.read(&mut bytes)).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..read]).split(' ').nth(1).unwrap_or("none").to_owned()
    };
    let mut served: Vec<TcpStream> = (0..1024).map(|_| connect()).collect();
    let (mut errors, mut answers, mut refused) = (0, 0, 0);
    for round in 0..10 {
        for stream in &mut served {
            if ask(stream) == "200" { answers += 1 } else { errors += 1 }
        }
        for _ in 0..if round < 5 { 100 } else { 0 } {
            refused += usize::from(ask(&mut connect()) == "503");
        }
    }
    println!(
        "\n1,024 connections in service: {answers} answers, {errors} errors; of 500 more, {refused} were told 503."
    );
}

fn start(name: &'static str, command: &mut Command) -> Server {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let address = out.lines().map_while(Result::ok).find_map(|line| {
        let from = line.find("http://")?;
        line[from..].split_whitespace().next().map(str::to_owned)
    });
    let url = address.expect("the server says where it listens");
    Server { name, child, url }
}

fn load(url: &str, seconds: u32) -> Measured {
    let output = Command::new("wrk")
        .args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &format!("{seconds}s"), "--latency", url])
        .output()
        .expect("wrk is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let after = |label: &str| {
        let line =
            text.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap_or_else(|| panic!("{text}"));
        line.split_whitespace().next().expect("a number").to_owned()
    };
    assert!(!text.contains("Non-2xx"), "{text}");
    let millis = |label: &str| {
        let text = after(label);
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = text[..text.len() - unit.len()].parse().expect("a number");
        number
            * match unit {
                "us" => 0.001,
                "ms" => 1.0,
                "s" => 1000.0,
                other => panic!("unit {other}"),
            }
    };
    Measured {
        per_second: after("Requests/sec:").parse().expect("a number"),
        p50: millis("50%"),
        p99: millis("99%"),
    }
}

/// Resident memory for each connection that had one request and waits.
fn idle_kib(server: &Server) -> f64 {
    let before = resident_kib(&server.child);
    let address = server.url.trim_start_matches("http://");
    let held: Vec<TcpStream> = (0..IDLE)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
            stream.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").expect("room");
            let read = stream.read(&mut [0; 4096]).expect("an answer");
            assert!(read > 0);
            stream
        })
        .collect();
    let after = resident_kib(&server.child);
    drop(held);
    (after - before) / IDLE as f64
}

fn resident_kib(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}
