//! Runs the same client against FLIN, bare hyper and axum, one after the other and several times around; then the same with
//! a page of 100 rows from FLIN and from Node.js with EJS (`npm` installs it); then 1,024 connections in service and 500
//! that are too many; then a small route among endless handlers. Prints the tables and writes them into
//! `runtime/docs/performance.md`, between its markers.
//! `cargo run --release -- PATH_OF_FLIN [SECONDS]`; the client is `wrk`.
//!
//! Rates are those of a machine that does nothing else; what a request costs by a server's own clocks is nearly the same on
//! a busy one.

mod fairness;

use std::fmt::Write as _;
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
    /// Requests that were answered.
    requests: f64,
    /// Microseconds that a request took of the server's own time, and of the kernel's for it: the least of all rounds.
    own: f64,
    kernel: f64,
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
    let mut table = String::from(
        "| server | requests/s | of bare hyper | p50 ms | p99 ms | own µs a request | kernel µs a request | KiB per idle connection |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let bare = best[0].per_second;
    for (server, best) in servers.iter().zip(&best) {
        let Measured { per_second, p50, p99, own, kernel, .. } = best;
        let (name, share, idle) = (server.name, per_second / bare * 100.0, idle_kib(server));
        writeln!(
            table,
            "| {name} | {per_second:.0} | {share:.0} % | {p50:.2} | {p99:.2} | {own:.1} | {kernel:.1} | {idle:.1} |"
        )
        .expect("a string");
    }
    written("http", &table);
    record("requests, of bare hyper", best[2].per_second / bare);
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
    let mut table = String::from(
        "| a page of 100 rows | pages/s | of Node.js | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|\n",
    );
    let one = best[0].per_second;
    for (server, best) in servers.iter().zip(&best) {
        let Measured { per_second, p50, p99, .. } = best;
        let (name, times) = (server.name, per_second / one);
        writeln!(table, "| {name} | {per_second:.0} | {times:.1} | {p50:.2} | {p99:.2} |").expect("a string");
    }
    written("pages", &table);
    record("pages, of Node.js with EJS in one process", best[2].per_second / one);
    written("crowd", &crowd(&servers[2]));
    end(&mut servers);

    let mut servers = [start("FLIN", Command::new(&flin).arg("start").arg(home.join("endless")))];
    let (ratio, sentence) = fairness::measured(&servers[0]);
    written("fairness", &sentence);
    record("p99 among endless handlers, of that alone", ratio);
    end(&mut servers);
}

/// Puts a figure among those of this bench that `audit gate` holds to their limits.
fn record(name: &str, figure: f64) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/figures.json");
    let text = std::fs::read_to_string(&file).expect("the figures");
    let mut figures: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let asked = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().expect("git");
    figures["http"]["commit"] = String::from_utf8_lossy(&asked.stdout).trim().into();
    figures["http"]["ratios"][name] = ((figure * 100.0).round() / 100.0).into();
    std::fs::write(&file, format!("{figures:#}\n")).expect("a file");
}

/// Prints a table, and puts it between its markers in the page.
fn written(name: &str, table: &str) {
    println!("{table}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/docs/performance.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).expect("a marker");
    let (_, after) = rest.split_once(&end).expect("a second marker");
    std::fs::write(&page, format!("{before}{begin}{table}{end}{after}")).expect("a file");
}

/// Seconds that a process has had of the processor: its own, and the kernel's for it.
fn cpu_seconds(child: &Child) -> [f64; 2] {
    /// What the kernel counts in, on every Linux that there is (`getconf CLK_TCK`).
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("its times");
    // Behind the name, which may hold anything, these are the twelfth and the thirteenth field.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].map(|at| fields[at].parse::<f64>().expect("ticks") / TICKS_A_SECOND)
}

/// The best of several rounds of each, taken in turn.
fn rounds(servers: &[Server], path: &str, seconds: u32) -> Vec<Measured> {
    let mut best = vec![Measured::default(); servers.len()];
    for _ in 0..ROUNDS {
        for (server, best) in servers.iter().zip(&mut best) {
            let before = cpu_seconds(&server.child);
            let mut measured = load(&format!("{}{path}", server.url), seconds);
            let after = cpu_seconds(&server.child);
            let micros = |at: usize| (after[at] - before[at]) / measured.requests * 1e6;
            let least = |now: f64, before: f64| if best.requests > 0.0 { now.min(before) } else { now };
            let (own, kernel) = (least(micros(0), best.own), least(micros(1), best.kernel));
            if measured.per_second < best.per_second {
                measured = *best;
            }
            *best = Measured { own, kernel, ..measured };
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
fn crowd(server: &Server) -> String {
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
    format!(
        "1,024 connections in service: {answers} answers, {errors} errors; of 500 more, {refused} were told 503.\n"
    )
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
        requests: text
            .split(" requests in ")
            .next()
            .and_then(|text| text.split_whitespace().last())
            .map_or(1.0, |count| count.parse().expect("a count")),
        ..Measured::default()
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
