//! What all tasks of a server share, and what they ask of it: the program, the levels, how far the end has come.
//!
//! Absences: no socket is read here and no task begun.

use super::broadcast::Broadcaster;
use super::descriptors::{self, Budget};
use super::drive::{Held, Places};
use super::errors::Errors;
use super::metrics::{self, Entry, Metrics};
use super::request_id::RequestIds;
use super::stale::Stale;
use super::stop::{Stop, Stopping};
use super::supervise::Restarts;
use super::world::World;
use super::{JOBS_MAX, LAST_MOMENT, Probe, health, jobs, log};
use crate::app::application::Application;
use crate::app::http::Sessions;
use crate::app::machine;
use crate::app::public::Public;
use crate::app::script::End;
use crate::config::Config;
use crate::cron::Moment;
use crate::record::Refusal;
use crate::value::Pool;
use crate::vm::Random;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// What all tasks of a server share.
#[derive(Debug)]
pub struct Shared {
    pub(super) config: Config,
    /// What new requests are answered by.
    pub(super) app: RwLock<Arc<Application>>,
    pub(super) pool: Arc<Pool>,
    pub(super) world: World,
    pub(super) places: Places,
    pub(super) develops: bool,
    pub(super) stale: Stale,
    pub(super) budget: Budget,
    /// A permit for each connection.
    pub(super) connections: Arc<Semaphore>,
    /// A permit for each connection that is being refused.
    pub(super) refusals: Arc<Semaphore>,
    /// A permit for each file that is being sent.
    pub(super) files: Arc<Semaphore>,
    pub(super) public: Public,
    pub(super) metrics: Metrics,
    pub(super) errors: Errors,
    pub(super) ids: RequestIds,
    pub(super) sessions: Arc<Sessions>,
    /// What the random numbers of executions follow from.
    pub(super) random: Mutex<Random>,
    pub(super) broadcaster: Broadcaster,
    pub(super) scheduler: jobs::Desk,
    /// The program was replaced.
    pub(super) replaced: Notify,
    /// A permit for each job that runs.
    pub(super) jobs: Arc<Semaphore>,
    pub(super) restarts: Restarts,
    pub(super) stop: Stop,
    pub(super) probe: Probe,
    /// Where all tasks run.
    pub(super) handle: Handle,
    pub(super) started: Instant,
}

impl Shared {
    /// The configuration that the server was started with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What was counted.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The memory that executions, bodies and queues share.
    pub const fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// For a task that has to end with the server.
    pub fn stopping(&self) -> Stopping {
        self.stop.watch()
    }

    /// New requests are answered by this program; those that are being answered go on with theirs, but for the store if
    /// its entities are others.
    ///
    /// # Errors
    ///
    /// Says why the store does not open for it; the program before goes on.
    pub fn replace(&self, app: Arc<Application>) -> Result<(), Refusal> {
        self.world.store().rebind(&app.program.module.entities)?;
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = app;
        self.replaced.notify_one();
        Ok(())
    }

    /// Why the newest sources are not what runs.
    pub const fn stale(&self) -> &Stale {
        &self.stale
    }

    /// What new requests are answered by.
    pub fn app(&self) -> Arc<Application> {
        Arc::clone(&self.app.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last errors that nothing caught.
    pub const fn errors(&self) -> &Errors {
        &self.errors
    }

    /// What the random numbers of an execution follow from.
    pub(super) fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut seed);
        seed
    }

    pub(super) async fn drained(&self) {
        let mut stopping = self.stop.watch();
        stopping.begun().await;
        tokio::select! {
            () = tokio::time::sleep(self.config.server.drain_timeout) => {}
            () = stopping.ended() => {}
            () = self.idle() => return,
        }
        self.stop.end();
        // They end at their next poll.
        let _ = tokio::time::timeout(LAST_MOMENT, self.idle()).await;
    }

    /// Waits until no connection is open and no job runs.
    async fn idle(&self) {
        // Errors say that there are no permits any more, which nobody takes away.
        let _connections = self.connections.acquire_many(self.budget.connections_max).await;
        let _jobs = self.jobs.acquire_many(JOBS_MAX).await;
    }

    /// Held while a job runs.
    pub(super) fn working(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.jobs).try_acquire_owned().ok()
    }

    /// Notes how an execution without an answer ended.
    pub(super) async fn ended(&self, entry: Entry, end: &End, held: &mut Held, id: &Arc<str>) {
        match end {
            End::Done | End::Gone => {}
            End::Uncaught(error) => self.errors.log(id, error),
            End::Timeout => self.late(held, id).await,
            End::NoEntropy => tracing::error!(request = &**id, "the system gives no random numbers"),
            End::Panicked => self.metrics.panicked(entry),
            End::Bug(bug) => {
                tracing::error!(request = &**id, %bug, "an invariant of the runtime did not hold; please report it");
            }
        }
    }

    /// Notes where an execution stands whose time is over.
    pub(super) async fn late(&self, held: &mut Held, id: &Arc<str>) {
        if let Some(error) = held.late().await {
            self.errors.log(id, &error);
        } else {
            // It came to its end meanwhile.
            tracing::warn!(request = &**id, "an execution passed its deadline");
        }
    }

    pub(super) fn open_connections(&self) -> u64 {
        let max = u64::from(self.budget.connections_max);
        let free = u64::try_from(self.connections.available_permits()).unwrap_or(u64::MAX);
        max.saturating_sub(free)
    }

    /// What an operator sees.
    pub fn health(&self) -> health::Health {
        let store = self.world.store().health();
        let (unwritable, failing) = store.map_or((None, None), |store| (store.writable.err(), store.failing));
        health::Health::of(health::Signs {
            stopping: self.stop.is_begun(),
            troubled: self.restarts.troubled(tokio::time::Instant::now()),
            unwritable,
            failing,
            forgetful: self.sessions.fault().map(|fault| fault.to_string().into()),
            stale: self.stale.get().map(|_| "the newest sources have errors".into()),
            uptime_seconds: self.started.elapsed().as_secs(),
        })
    }

    /// Waits until sessions that were ended are ended for good; a disk that cannot is told of once, also where it showed
    /// at the start.
    pub(super) async fn keep_ended(&self) {
        let sessions = Arc::clone(&self.sessions);
        match self.places.blocking.run(move || sessions.keep_ended()).await {
            Ok(None) => {}
            Ok(Some(fault)) => tracing::error!(%fault, "ended sessions cannot be kept"),
            Err(_) => self.metrics.panicked(Entry::Server),
        }
    }

    /// Now, on the wall and on the clock that is never set.
    pub(super) fn moment(&self) -> Moment {
        Moment { wall: machine::now_millis(), up: self.started.elapsed() }
    }

    /// Levels of what others count.
    pub fn levels(&self) -> metrics::Levels {
        metrics::Levels {
            connections: self.open_connections(),
            connections_max: u64::from(self.budget.connections_max),
            leased_bytes: u64::try_from(self.pool.leased()).unwrap_or(u64::MAX),
            descriptors: descriptors::open().unwrap_or(0),
            descriptors_max: self.budget.limit.unwrap_or(u64::MAX),
            tasks: u64::try_from(self.handle.metrics().num_alive_tasks()).unwrap_or(u64::MAX),
            restarts: self.restarts.total(),
            log_lines_dropped: log::dropped(),
            rooms: self.broadcaster.levels().0,
            room_members: self.broadcaster.levels().1,
            runners_waiting: u64::try_from(self.places.runners.waiting()).unwrap_or(u64::MAX),
            store: self.world.store().health().map(|store| metrics::StoreLevels {
                writable: store.writable.is_ok(),
                rows: store.rows,
                bytes: u64::try_from(store.bytes).unwrap_or(u64::MAX),
                log_bytes: store.log_bytes,
                sequence: store.sequence,
                panics: store.panics,
            }),
        }
    }
}
