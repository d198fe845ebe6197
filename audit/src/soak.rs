//! A server under mixed traffic for minutes: does it end with what it had before?
//!
//! The server is the shipped `flin start` in a process of its own, so that what is measured is what an operator sees:
//! descriptors and memory of the process, connections and executions from its own metrics.

mod traffic;

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use traffic::Counts;

const APP: &str = r#"
entity Item { name: text }
route GET "/ok" { "ok" }
route GET "/json" { { list: [1, 2, 3], text: "é漢🎉" } }
route POST "/echo" { body }
route POST "/items" {
    item = save Item { name: "x" }
    destroy item
    "{Item.count}"
}
route GET "/error" { throw error("Broken", "it broke") }
route GET "/endless" { while true {} }
route GET "/hungry" {
    xs = []
    while true { xs.push("y".repeat(10000)) }
}
route GET "/large" { "x".repeat(1000000) }
"#;

const CONFIG: &str = "\
[server]
port = 0
max_connections = 200
header_timeout = \"1s\"
request_timeout = \"1s\"
idle_timeout = \"2s\"
[vm]
deadline = \"1s\"
memory_mb = 16
memory_total = \"128MB\"
[log]
level = \"error\"
";

/// How often it is looked at what the server holds.
const STRETCHES: u32 = 10;

/// Until then nothing is compared: a server grows into its traffic.
const WARM_UP: Duration = Duration::from_mins(1);

/// Why it could not be run.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// A file, process or socket.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The server did not say where it listens.
    #[error("the server ended before it listened")]
    NoServer,
}

fn io(what: &'static str) -> impl Fn(io::Error) -> SoakError {
    move |error| SoakError::Io { what, error }
}

/// What the process holds while nothing asks for anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Open descriptors.
    pub descriptors: u64,
    /// Connections, by its metrics; the one that asks for them among them.
    pub connections: u64,
    /// Executions at work, by its metrics.
    pub executions: u64,
    /// Threads.
    pub threads: u64,
    /// Resident memory.
    pub resident_kib: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Soaked {
    /// After each tenth of the time from the first minute on, or from half of a shorter time, once all is calm.
    pub calm: Vec<Held>,
    /// What clients did and saw.
    pub counts: Counts,
}

impl Soaked {
    /// The same descriptors, connections and executions at every calm moment; at the end at most a twentieth more memory than
    /// at the least of the moments before; and every good client served. The least, because the system's allocator gives
    /// back what it likes when it likes: a moment at which it holds much must not hide what is lost from then on.
    pub fn holds(&self) -> bool {
        let Some((late, before)) = self.calm.split_last() else { return false };
        let least = before.iter().map(|held| held.resident_kib).min().unwrap_or(0);
        let memory = late.resident_kib <= least + least / 20;
        let same = before.iter().all(|held| {
            held.descriptors == late.descriptors
                && held.connections == late.connections
                && held.executions == late.executions
        });
        same && memory && self.counts.unserved == 0
    }
}

/// Runs it; the calm moments come on top of the time.
pub fn run(flin: &Path, time: Duration) -> Result<Soaked, SoakError> {
    let root = tempfile::tempdir().map_err(io("a folder"))?;
    fs::create_dir(root.path().join("app")).map_err(io("a folder"))?;
    fs::write(root.path().join("app/index.flin"), APP).map_err(io("a program"))?;
    fs::write(root.path().join("flin.config"), CONFIG).map_err(io("a configuration"))?;
    let server = Server::start(flin, root.path())?;
    let stretch = time.checked_div(STRETCHES).unwrap_or(time);
    let (mut calm, mut counts) = (Vec::new(), Counts::default());
    for number in 1..=STRETCHES {
        counts.add(traffic_for(server.address, stretch));
        let held = server.calm()?;
        if stretch.saturating_mul(number) >= WARM_UP.min(time / 2) {
            calm.push(held);
        }
    }
    server.stop()?;
    Ok(Soaked { calm, counts })
}

fn traffic_for(address: SocketAddr, time: Duration) -> Counts {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = traffic::CLIENTS
            .iter()
            .map(|client| {
                let over = &over;
                scope.spawn(move || traffic::until(over, address, *client))
            })
            .collect();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let mut counts = Counts::default();
        for client in clients {
            match client.join() {
                Ok(more) => counts.add(more),
                Err(_) => counts.unserved += 1,
            }
        }
        counts
    })
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(flin: &Path, root: &Path) -> Result<Self, SoakError> {
        let mut command = Command::new(flin);
        command.arg("start").arg(root).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(io("flin start"))?;
        let out = child.stdout.take().ok_or(SoakError::NoServer)?;
        let address = BufReader::new(out).lines().map_while(Result::ok).find_map(|line| {
            let from = line.strip_prefix("http://")?;
            from.split_whitespace().next()?.parse().ok()
        });
        let address = address.ok_or(SoakError::NoServer)?;
        Ok(Self { child, address })
    }

    /// What it holds once nobody asks for anything and all time-outs have passed.
    fn calm(&self) -> Result<Held, SoakError> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            thread::sleep(Duration::from_millis(500));
            let held = self.held()?;
            if (held.connections <= 1 && held.executions == 0) || Instant::now() >= until {
                // What was freed a moment ago is given back to the system a moment later.
                thread::sleep(Duration::from_secs(1));
                return self.held();
            }
        }
    }

    fn held(&self) -> Result<Held, SoakError> {
        let page = traffic::page(self.address, "/_flin/metrics").map_err(io("the metrics"))?;
        let of_page = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or(u64::MAX)
        };
        let process = Path::new("/proc").join(self.child.id().to_string());
        let status = fs::read_to_string(process.join("status")).map_err(io("the process's status"))?;
        let of_status = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(u64::MAX)
        };
        Ok(Held {
            descriptors: of_page("process_open_fds"),
            connections: of_page("http_connections"),
            executions: of_page("vm_executions_running"),
            threads: of_status("Threads:"),
            resident_kib: of_status("VmRSS:"),
        })
    }

    fn stop(mut self) -> Result<(), SoakError> {
        self.child.kill().map_err(io("the server"))?;
        self.child.wait().map_err(io("the server"))?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soaked(memory: &[u64]) -> Soaked {
        let held =
            |&resident_kib| Held { descriptors: 20, connections: 1, executions: 0, threads: 9, resident_kib };
        Soaked { calm: memory.iter().map(held).collect(), counts: Counts::default() }
    }

    #[test]
    fn growth_is_measured_from_the_least_that_was_held() {
        assert!(soaked(&[100, 100, 105]).holds() && soaked(&[130, 100, 90]).holds());
        assert!(!soaked(&[100, 100, 106]).holds() && !soaked(&[130, 100, 120]).holds());
    }

    #[test]
    fn descriptors_and_good_clients_count_too() {
        let mut one = soaked(&[100, 100]);
        one.calm[0].descriptors = 21;
        assert!(!one.holds());
        let counts = Counts { unserved: 1, ..Counts::default() };
        assert!(!Soaked { counts, ..soaked(&[100, 100]) }.holds());
    }
}
