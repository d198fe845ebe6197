//! A server under mixed traffic for minutes: does it end with what it had before?
//!
//! The server is the shipped `flin start` in a process of its own, so that what is measured is what an operator sees:
//! descriptors, threads and memory of the process, connections, executions and tasks from its own metrics.

mod live;
mod traffic;

pub use traffic::{Counts, Door};

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use traffic::Addresses;

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
ws "/room" {
    on connect { join("room") }
    on text(raw) { send(raw) }
}
sse "/events" { emit 1; wait 10ms; emit 2 }
sse "/ever" { while true { emit "x".repeat(10000); wait 1ms } }
every 1s { broadcast("room", "tick") }
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
[admin]
enabled = true
bind = \"127.0.0.1:0\"
[log]
level = \"error\"
";

/// How often it is looked at what the server holds.
const STRETCHES: u32 = 10;

/// Until then nothing is compared: a server grows into its traffic.
const WARM_UP: Duration = Duration::from_mins(1);

/// Threads that wait for disks live so long without work, and a bit.
const IDLE_THREADS: Duration = Duration::from_secs(12);

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
    /// Connections, by its metrics; those of its console, which tells them, are not counted.
    pub connections: u64,
    /// Executions at work, by its metrics.
    pub executions: u64,
    /// Tasks, by its metrics.
    pub tasks: u64,
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
    /// What clients did and saw in each tenth of the time.
    pub counts: Vec<Counts>,
}

impl Soaked {
    /// The same descriptors, connections, executions, tasks and threads at every calm moment, the first of them after the
    /// first minute; at the end at most a twentieth more memory than at the least of the moments before, that first one
    /// among them; and every good client served, some at each door in each tenth. Less memory is fine: the system's
    /// allocator gives back what it likes when it likes. For that reason the least counts, too: a moment at which it holds
    /// much must not hide what is lost from then on.
    pub fn holds(&self) -> bool {
        let Some((late, before)) = self.calm.split_last() else { return false };
        let least = before.iter().map(|held| held.resident_kib).min().unwrap_or(0);
        let memory = late.resident_kib <= least + least / 20;
        let counted = |held: &Held| Held { resident_kib: 0, ..*held };
        let same = before.iter().all(|held| counted(held) == counted(late));
        let served = |counts: &Counts| counts.unserved == 0 && counts.served.iter().all(|served| *served > 0);
        same && memory && self.counts.iter().all(served)
    }

    /// All that clients did and saw.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.counts.iter().for_each(|counts| total.add(*counts));
        total
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
    let (mut calm, mut counts) = (Vec::new(), Vec::new());
    for number in 1..=STRETCHES {
        counts.push(traffic_for(server.addresses, stretch));
        let held = server.calm()?;
        if stretch.saturating_mul(number) >= WARM_UP.min(time / 2) {
            calm.push(held);
        }
    }
    server.stop()?;
    Ok(Soaked { calm, counts })
}

fn traffic_for(addresses: Addresses, time: Duration) -> Counts {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = traffic::CLIENTS
            .iter()
            .map(|client| {
                let over = &over;
                scope.spawn(move || traffic::until(over, addresses, *client))
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
    addresses: Addresses,
}

impl Server {
    fn start(flin: &Path, root: &Path) -> Result<Self, SoakError> {
        let mut command = Command::new(flin);
        command.arg("start").arg(root).stdout(Stdio::piped()).stderr(Stdio::null());
        // What is free goes back to the system at once: else a tenth of what is resident is what the allocator has not yet
        // looked at, and hides a leak of that size.
        command.env("MIMALLOC_PURGE_DELAY", "0");
        let mut child = command.spawn().map_err(io("flin start"))?;
        let out = child.stdout.take().ok_or(SoakError::NoServer)?;
        let mut addresses = BufReader::new(out).lines().map_while(Result::ok).filter_map(|line| {
            let (_, from) = line.split_once("http://")?;
            from.split([' ', '/']).next()?.parse::<SocketAddr>().ok()
        });
        // The console's comes second.
        let (Some(own), Some(console)) = (addresses.next(), addresses.next()) else {
            return Err(SoakError::NoServer);
        };
        Ok(Self { child, addresses: (own, console) })
    }

    /// What it holds once nobody asks for anything, all time-outs have passed, and two looks see the same.
    fn calm(&self) -> Result<Held, SoakError> {
        let until = Instant::now() + Duration::from_mins(1);
        thread::sleep(IDLE_THREADS);
        let mut held = self.held()?;
        loop {
            thread::sleep(Duration::from_millis(500));
            let next = self.held()?;
            let same = Held { resident_kib: 0, ..held } == Held { resident_kib: 0, ..next };
            if (same && next.connections == 0 && next.executions == 0) || Instant::now() >= until {
                return Ok(next);
            }
            held = next;
        }
    }

    fn held(&self) -> Result<Held, SoakError> {
        let page = traffic::page(self.addresses.1, "/_flin/metrics").map_err(io("the metrics"))?;
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
            tasks: of_page("server_tasks"),
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

    fn served() -> Counts {
        Counts { served: [1; Door::ALL.len()], ..Counts::default() }
    }

    fn soaked(memory: &[u64]) -> Soaked {
        let held = |&resident_kib| Held {
            descriptors: 20,
            connections: 0,
            executions: 0,
            tasks: 8,
            threads: 9,
            resident_kib,
        };
        Soaked { calm: memory.iter().map(held).collect(), counts: vec![served()] }
    }

    #[test]
    fn growth_is_measured_from_the_least_that_was_held() {
        assert!(soaked(&[100, 100, 105]).holds() && soaked(&[130, 100, 90]).holds());
        assert!(!soaked(&[100, 100, 106]).holds() && !soaked(&[130, 100, 120]).holds());
    }

    #[test]
    fn what_is_counted_is_the_same_whenever_it_is_calm_and_good_clients_count_too() {
        let more: [fn(&mut Held) -> &mut u64; 5] = [
            |held| &mut held.descriptors,
            |held| &mut held.connections,
            |held| &mut held.executions,
            |held| &mut held.tasks,
            |held| &mut held.threads,
        ];
        for (which, at) in more.iter().flat_map(|which| [(which, 0), (which, 1)]) {
            let mut one = soaked(&[100, 100]);
            *which(&mut one.calm[at]) += 1;
            assert!(!one.holds());
        }
        let unserved = Counts { unserved: 1, ..served() };
        let nobody_at_a_door = Door::ALL.map(|door| {
            let mut counts = served();
            counts.served[door as usize] = 0;
            counts
        });
        for counts in nobody_at_a_door.into_iter().chain([unserved]) {
            let counts = vec![served(), counts, served()];
            assert!(!Soaked { counts, ..soaked(&[100, 100]) }.holds());
        }
    }
}
