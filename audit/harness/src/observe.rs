//! What the parent reads about a running child from `/proc`: its peak resident memory and its processor time.

use rustix::process::Pid;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A child that used less than this in its last second waits for something that never comes.
const BUSY_MIN: Duration = Duration::from_millis(50);
const WINDOW: Duration = Duration::from_secs(1);

/// One look at a child.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    used: Duration,
    /// Was one of its threads computing, or waiting for nothing but a processor?
    runnable: bool,
}

/// Watches one child.
#[derive(Debug)]
pub struct Observer {
    pid: Pid,
    ticks_per_second: u64,
    samples: VecDeque<Sample>,
    /// The highest resident memory seen, in KiB.
    pub resident_kib: u64,
}

impl Observer {
    /// Starts watching.
    pub fn new(pid: Pid) -> Self {
        let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
        Self { pid, ticks_per_second, samples: VecDeque::new(), resident_kib: 0 }
    }

    /// Reads memory and processor time. A child that has just ended leaves the last values.
    pub fn poll(&mut self) {
        let pid = self.pid.as_raw_nonzero();
        if let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
            self.resident_kib = self.resident_kib.max(high_water_kib(&status).unwrap_or(0));
        }
        if let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            && let Some(ticks) = processor_ticks(&stat)
        {
            let used = Duration::from_millis(ticks.saturating_mul(1000) / self.ticks_per_second);
            let runnable = self.is_runnable();
            self.remember(Sample { at: Instant::now(), used, runnable });
        }
    }

    fn is_runnable(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid.as_raw_nonzero())) else {
            return false;
        };
        let mut stats =
            threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
        stats
            .any(|stat| stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with('R')))
    }

    fn remember(&mut self, sample: Sample) {
        self.samples.push_back(sample);
        // The oldest sample kept is the last one that is at least a window old.
        while self.samples.get(1).is_some_and(|next| sample.at.duration_since(next.at) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Did it compute in its last second, or would it have on a machine that is less busy?
    pub fn is_busy(&self) -> bool {
        let used = match (self.samples.front(), self.samples.back()) {
            (Some(before), Some(after)) => after.used.saturating_sub(before.used),
            _ => Duration::ZERO,
        };
        let runnable = self.samples.iter().filter(|sample| sample.runnable).count();
        used >= BUSY_MIN || runnable > self.samples.len() / 2
    }
}

/// `VmHWM` of `/proc/PID/status`.
fn high_water_kib(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// User and system time of `/proc/PID/stat`, in clock ticks. The name may hold blanks and brackets; the fields follow
/// its last closing bracket.
fn processor_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) (c) R 1 1 1 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 0 0 0";
        assert_eq!(processor_ticks(stat), Some(42));
    }

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water_kib("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 5 kB\n"), Some(1234));
        assert_eq!(high_water_kib("Name:\tx\n"), None);
    }

    #[test]
    fn busy_looks_at_the_last_second_only() {
        let mut observer = Observer::new(rustix::process::getpid());
        let start = Instant::now();
        let mut look = |at: u64, used: u64, runnable| {
            let (at, used) = (start + Duration::from_millis(at), Duration::from_millis(used));
            observer.remember(Sample { at, used, runnable });
            observer.is_busy()
        };
        for (at, used) in [(0, 0), (500, 500), (1000, 900), (1500, 900), (2000, 905)] {
            look(at, used, false);
        }
        assert!(!look(2600, 905, false));
        assert!(look(2700, 990, false));
    }

    #[test]
    fn a_starved_process_is_busy_all_the_same() {
        let mut observer = Observer::new(rustix::process::getpid());
        let start = Instant::now();
        for at in 0..10 {
            let at = start + Duration::from_millis(at * 100);
            observer.remember(Sample { at, used: Duration::ZERO, runnable: true });
        }
        assert!(observer.is_busy());
    }
}
