//! The server that stays up: sockets and tasks around an application.
//!
//! | module | what lives there |
//! |---|---|
//! | [`accept`] | the accept loop: the limit of connections, what happens without descriptors |
//! | [`connection`] | one connection's life: the HTTP library, time limits, the end |
//! | [`gate`] | the HTTP/1 reader before the HTTP library |
//! | [`service`] | a request's way to its answer |
//! | `shared` | what all tasks share |
//! | `receive` | taking a request's body |
//! | [`body`], `file_body` | bodies of answers: charged until they are sent, or read as they are sent |
//! | [`drive`], [`world`] | one execution's turns and effects, and what they are effects on |
//! | [`runners`], [`blocking`] | threads for what takes long, and for what waits |
//! | [`descriptors`] | the budget of file descriptors |
//! | [`task`], [`mod@supervise`], [`stop`] | tasks, those that are begun again, and their orderly end |
//! | [`metrics`], [`health`], [`mod@log`], [`errors`], `own` | what an operator sees |
//! | [`console`] | the operator's console on a listener of its own |
//! | [`stall`], [`stale`] | peers that do not read, sources that do not run |
//! | [`websocket`] | RFC 6455 without sockets |
//! | [`mailbox`], [`rooms`], [`broadcast`] | what waits for a peer, who hears what, the task that says it |
//! | [`events`], [`stream`] | server-sent events and what waits for their client; a generator's life |
//! | [`mod@line`], [`socket`] | what executions are connected to; a WebSocket's life |
//! | [`jobs`] | the scheduler |
//!
//! Invariants:
//!
//! - **N1** Whatever a client does, its connection ends within the time limits, and with it everything it held.
//! - **N2** No thread that does IO runs an execution for longer than about a millisecond at a stretch.
//! - **N3** What is waiting is bounded: connections, requests on one, bytes of bodies, work for the disk.
//! - **N4** A panic ends the one request, task or connection that it happened in, and is counted.
//! - **N5** Stopping takes no longer than the drain time-out and a moment.
//!
//! Absences: no HTTP is parsed outside the gate and no answer worded; no program is compiled. Several servers live in one process.

pub mod accept;
pub mod blocking;
pub mod body;
pub mod broadcast;
pub mod connection;
pub mod console;
pub mod descriptors;
pub mod drive;
pub mod errors;
pub mod events;
mod file_body;
pub mod gate;
pub mod health;
pub mod jobs;
pub mod line;
pub mod log;
pub mod mailbox;
pub mod metrics;
mod own;
mod receive;
pub mod request_id;
pub mod rooms;
pub mod runners;
pub mod service;
mod shared;
mod signals;
pub mod socket;
pub mod stale;
pub mod stall;
pub mod stop;
pub mod stream;
pub mod supervise;
pub mod task;
pub mod websocket;
pub mod world;

use crate::admin::AccountFault;
use crate::app::application::Application;
use crate::app::http::Sessions;
use crate::app::http::session::KeyFault;
use crate::app::project::FILES_FOLDER;
use crate::app::public::{PUBLIC_FOLDER, Public};
use crate::app::{StorePlace, machine};
use crate::config::Config;
use crate::record::Refusal;
use crate::vm::Random;
use blocking::Blocking;
use console::Console;
use descriptors::Budget;
use drive::Places;
use errors::Errors;
use metrics::Metrics;
use request_id::RequestIds;
use runners::Runners;
pub use shared::Shared;
use stale::Stale;
use std::borrow::Cow;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use stop::Stop;
use supervise::{Restarts, supervise};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{self, Runtime};
use tokio::sync::{Notify, Semaphore};
use world::World;

/// Connections that the system holds for us until they are accepted.
const BACKLOG: u32 = 4096;
/// Connections that are told 503 and wait for their end, at a time.
const REFUSALS_MAX: usize = 64;
/// Jobs that run at a time: more than any program has.
const JOBS_MAX: u32 = 1 << 20;
/// What tasks get to end in once nothing is waited for any more.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// How a server runs, beside what its configuration says.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that do IO.
    pub threads: usize,
    /// Threads for executions that take long.
    pub runners: usize,
    /// For whoever writes the program: answers tell everything of its errors.
    pub develops: bool,
    /// The store; the project's own where it is not given.
    pub store: Option<StorePlace>,
    /// Descriptors that the process may have; asked of the system and raised where it is not given.
    pub descriptors_max: Option<u64>,
    /// SIGTERM and SIGINT begin its end, the second of them completes it; taken before anybody can connect.
    pub stops_on_signals: bool,
    /// Called at each [`Point`].
    pub probe: Probe,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads,
            runners: threads,
            develops: false,
            stops_on_signals: false,
            store: None,
            descriptors_max: None,
            probe: Probe::default(),
        }
    }
}

/// A point that the server passes, for whoever injects panics there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A connection was accepted.
    Accepted,
    /// Before an execution of a route or page begins.
    Route,
    /// Before the console answers.
    Admin,
    /// Before an event of a socket is dealt with.
    Message,
    /// Before a stream's generator begins.
    Stream,
    /// Before a job begins.
    Job,
    /// Before the scheduler looks what is due.
    Scheduler,
    /// Before the broadcaster carries out a command.
    Broadcaster,
}

/// Whoever is called at the points; nobody, ordinarily.
#[derive(Clone, Default)]
pub struct Probe(Option<Arc<dyn Fn(Point) + Send + Sync>>);

impl Probe {
    /// Calls `at`, which may panic.
    pub fn new(at: impl Fn(Point) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(at)))
    }

    fn at(&self, point: Point) {
        if let Some(at) = &self.0 {
            at(point);
        }
    }
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Probe" } else { "none" })
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name of the host leads nowhere.
    #[error("server.host {host:?} is no address of this machine: {error}")]
    Host {
        /// As configured.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {address}: {error}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The store does not open.
    #[error("the store does not open: {0}")]
    Store(Refusal),
    /// The key of sessions cannot be kept.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The console's account cannot be read.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoEntropy,
    /// The system gives no threads or pollers.
    #[error("the system gives no threads for a server: {0}")]
    Threads(io::Error),
}

/// A server at work. Dropping it ends it at once.
#[derive(Debug)]
pub struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    console: Option<Arc<Console>>,
    runtime: Option<Runtime>,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Server;

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    ///
    /// Says what the system refuses: the address, the store, or threads.
    pub fn start(app: Arc<Application>, options: Options) -> Result<Running, StartError> {
        let config = app.config.clone();
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("io")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let stop = Stop::default();
        if options.stops_on_signals {
            let _context = runtime.enter();
            task::start(signals::stop(stop.clone()));
        }
        let listener = {
            let _context = runtime.enter();
            listen(&config)?
        };
        let console_listener = if config.admin.enabled {
            let _context = runtime.enter();
            let (host, port) = config.admin.bind.rsplit_once(':').unwrap_or((&config.admin.bind, ""));
            let port = port.parse().map_err(|_| StartError::Host {
                host: config.admin.bind.clone(),
                error: io::ErrorKind::InvalidInput.into(),
            })?;
            Some(listen_at(host.trim_matches(['[', ']']), port)?)
        } else {
            None
        };
        let address = listener.local_addr().map_err(StartError::Threads)?;
        let budget = budget(&config, options.descriptors_max);
        let store = options
            .store
            .unwrap_or_else(|| StorePlace::folder(app.root.join(&config.store.path), &config.store));
        store.open_existing(&app.program.module.entities).map_err(StartError::Store)?;
        if let Some(torn) = store.take_torn() {
            tracing::warn!("store: {torn}");
        }
        let mut seeds = [[0; 32]; 2];
        for seed in &mut seeds {
            getrandom::fill(seed).map_err(|_| StartError::NoEntropy)?;
        }
        let [seed, session_seed] = seeds;
        let mut random = Random::new(seed);
        let folder = app.root.join(&config.store.path);
        let sessions = Sessions::open(&folder, session_seed, machine::now_millis())?;
        if let Some(fault) = sessions.fault() {
            tracing::error!(%fault, "ended sessions cannot be kept");
        }
        let (broadcaster, rooms) = broadcast::open();
        let shared = Arc::new(Shared {
            broadcaster,
            scheduler: jobs::Desk::default(),
            replaced: Notify::new(),
            jobs: Arc::new(Semaphore::new(permits(JOBS_MAX))),
            sessions: Arc::new(sessions),
            develops: options.develops,
            stale: Stale::default(),
            pool: Arc::clone(&app.pool),
            world: World::new(app.root.join(FILES_FOLDER), store),
            places: Places {
                runners: Arc::new(Runners::start(options.runners).map_err(StartError::Threads)?),
                blocking: Blocking::new(permits(descriptors::FILES)),
            },
            connections: Arc::new(Semaphore::new(permits(budget.connections_max))),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            files: Arc::new(Semaphore::new(permits(descriptors::FILES))),
            public: Public::new(app.root.join(PUBLIC_FOLDER)),
            metrics: Metrics::default(),
            errors: Errors::default(),
            ids: RequestIds::new(u32::try_from(random.next_u64() >> 32).unwrap_or(0)),
            random: Mutex::new(random),
            restarts: Restarts::default(),
            stop,
            probe: options.probe,
            handle: runtime.handle().clone(),
            started: Instant::now(),
            app: RwLock::new(app),
            budget,
            config,
        });
        let console = match &console_listener {
            None => None,
            Some(listener) => {
                let address = listener.local_addr().map_err(StartError::Threads)?;
                Some(Arc::new(Console::open(&shared, address, &folder)?))
            }
        };
        let running = Running { shared, address, console, runtime: Some(runtime) };
        running.spawn_tasks(listener, rooms);
        running.spawn_console(console_listener);
        Ok(running)
    }
}

fn budget(config: &Config, limit: Option<u64>) -> Budget {
    let limit = limit.or_else(descriptors::raise);
    let budget = Budget::of(config.server.connections_max, limit);
    if budget.connections_max < config.server.connections_max {
        tracing::warn!(
            max_connections = config.server.connections_max,
            lowered_to = budget.connections_max,
            descriptors = limit,
            "the limit of open files does not carry max_connections, which is lowered"
        );
    }
    budget
}

/// As many permits as a bound says.
fn permits(max: u32) -> usize {
    crate::base::span::to_usize(max).min(Semaphore::MAX_PERMITS)
}

fn listen(config: &Config) -> Result<TcpListener, StartError> {
    listen_at(&config.server.host, config.server.port)
}

fn listen_at(host: &str, port: u16) -> Result<TcpListener, StartError> {
    let bad_host = |error| StartError::Host { host: host.to_owned(), error };
    let mut addresses = (host, port).to_socket_addrs().map_err(bad_host)?;
    let address = addresses.next().ok_or_else(|| bad_host(io::ErrorKind::NotFound.into()))?;
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Connections of a server that has just ended do not keep the next one from its port.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|error| StartError::Bind { address, error })
}

impl Running {
    fn spawn_tasks(&self, listener: TcpListener, rooms: Arc<broadcast::Desk>) {
        let Some(runtime) = &self.runtime else { return };
        let _context = runtime.enter();
        let (shared, listener) = (Arc::clone(&self.shared), Arc::new(listener));
        let (restarts, stopping) = (shared.restarts.clone(), shared.stop.watch());
        let begin = move || accept::run(Arc::clone(&shared), Arc::clone(&listener));
        task::start(supervise("accept loop", restarts.clone(), stopping.clone(), begin));
        let shared = Arc::clone(&self.shared);
        let begin = move || jobs::run(Arc::clone(&shared));
        task::start(supervise("scheduler", restarts.clone(), stopping, begin));
        let probe = self.shared.probe.clone();
        let begin = move || {
            let probe = probe.clone();
            broadcast::run(Arc::clone(&rooms), move || probe.at(Point::Broadcaster))
        };
        // Rooms go on while connections drain.
        task::start(supervise("broadcaster", restarts, self.shared.stop.watch(), begin));
    }

    fn spawn_console(&self, listener: Option<TcpListener>) {
        let (Some(runtime), Some(console), Some(listener)) = (&self.runtime, &self.console, listener) else {
            return;
        };
        let _context = runtime.enter();
        let (console, shared, listener) = (Arc::clone(console), Arc::clone(&self.shared), Arc::new(listener));
        let (restarts, stopping) = (shared.restarts.clone(), shared.stop.watch());
        let begin = move || console::run(Arc::clone(&console), Arc::clone(&shared), Arc::clone(&listener));
        task::start(supervise("console", restarts, stopping, begin));
    }

    /// The operator's console, where it is enabled.
    pub fn console(&self) -> Option<&Console> {
        self.console.as_deref()
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Connections that the budget of descriptors allows.
    pub fn connections_max(&self) -> u32 {
        self.shared.budget.connections_max
    }

    /// What is shared by its tasks.
    pub const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Begins its end: no new connections, and those that are there finish what they do.
    pub fn stop(&self) {
        self.shared.stop.begin();
    }

    /// Ends what is still at work. After [`Self::stop`], for whoever cannot wait.
    pub fn kill(&self) {
        self.shared.stop.begin();
        self.shared.stop.end();
    }

    /// Something that can stop it from another thread.
    pub fn stopper(&self) -> Stop {
        self.shared.stop.clone()
    }

    /// Waits until it was stopped and has ended: connections drained, at most as long as configured, and the rest
    /// closed; then the store.
    ///
    /// # Errors
    ///
    /// Says why what was saved may not be durable; with `sync = "always"` it always is.
    pub fn wait(mut self) -> Result<(), Cow<'static, str>> {
        let Some(runtime) = self.runtime.take() else { return Ok(()) };
        runtime.block_on(self.shared.drained());
        runtime.shutdown_timeout(LAST_MOMENT);
        self.shared.world.store().close()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;
