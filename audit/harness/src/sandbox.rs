//! One child process: started in a process group of its own, watched, and ended when it passes a mark.

use super::HarnessError;
use super::limits::Limits;
use super::observe::Observer;
use super::protocol::Facts;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program to run as a case.
#[derive(Clone, Debug)]
pub struct Job {
    /// What people see.
    pub label: String,
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What it may use.
    pub limits: Limits,
    /// Do panics tell the way that led to them, on standard error?
    pub backtrace: bool,
}

/// How a child came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that the harness did not send.
    Signaled(i32),
    /// The harness ended it: resident memory passed the mark.
    OverMemory,
    /// The harness ended it: the time was over. Was it computing?
    OverTime {
        /// In its last second.
        busy: bool,
    },
}

/// All that is known about a child that has ended.
#[derive(Clone, Debug)]
pub struct Observation {
    /// How it ended.
    pub ending: Ending,
    /// What it said on the pipe.
    pub facts: Facts,
    /// The end of its standard error.
    pub stderr: String,
    /// Peak resident memory.
    pub resident_kib: u64,
    /// On the clock.
    pub elapsed: Duration,
}

const POLL_FIRST: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(20);
const STDERR_BYTES_MAX: u64 = 64 * 1024;

/// Runs the job to its end and says what was seen.
pub fn observe(job: &Job) -> Result<Observation, HarnessError> {
    let started = Instant::now();
    let mut command = Command::new(&job.program);
    if job.backtrace {
        command.env("RUST_BACKTRACE", "full");
    } else {
        command.env_remove("RUST_BACKTRACE");
    }
    let mut child = command
        .args(&job.args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| HarnessError::Spawn { program: job.program.display().to_string(), error })?;
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    std::thread::scope(|scope| {
        let facts = scope.spawn(|| stdout.map(Facts::read).unwrap_or_default());
        let stderr = scope.spawn(|| stderr.map(read_some).unwrap_or_default());
        let watched = watch(&mut child, job, started);
        let (ending, resident_kib) = watched.inspect_err(|_| {
            // Without an end to wait for, the readers would wait for ever.
            let _ = child.kill();
        })?;
        Ok(Observation {
            ending,
            facts: facts.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
            resident_kib,
            elapsed: started.elapsed(),
        })
    })
}

fn watch(child: &mut Child, job: &Job, started: Instant) -> Result<(Ending, u64), HarnessError> {
    let pid = Pid::from_child(child);
    let mut observer = Observer::new(pid);
    let mut pause = POLL_FIRST;
    let wall = Duration::from_secs(job.limits.wall_s);
    let ended_by_us = loop {
        observer.poll();
        if let Some(status) = child.try_wait().map_err(|error| HarnessError::Wait { error })? {
            end_group(pid);
            return Ok((from_status(status), observer.resident_kib));
        }
        if observer.resident_kib / 1024 > job.limits.resident_mb {
            break Ending::OverMemory;
        }
        if started.elapsed() > wall {
            break Ending::OverTime { busy: observer.is_busy() };
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(POLL_MAX);
    };
    end_group(pid);
    child.wait().map_err(|error| HarnessError::Wait { error })?;
    Ok((ended_by_us, observer.resident_kib))
}

/// Ends the child and whatever it started; a group that is already gone is what we want.
fn end_group(pid: Pid) {
    let _ = kill_process_group(pid, Signal::KILL);
}

fn from_status(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signaled(signal.unwrap_or(0)),
    }
}

/// Reads to the end and keeps the beginning.
fn read_some(mut from: impl Read) -> String {
    let mut kept = Vec::new();
    let _ = from.by_ref().take(STDERR_BYTES_MAX).read_to_end(&mut kept);
    let _ = std::io::copy(&mut from, &mut std::io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}
