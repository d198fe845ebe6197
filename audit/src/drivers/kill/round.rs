//! One kill: start, wait for the moment, kill, look.

use super::{Aim, CONFIG, KillError, SLOTS, io};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// No start takes so long, and no checkpoint is so far away.
const MOMENT_MAX: Duration = Duration::from_secs(20);
/// Between two looks for a checkpoint's file.
const LOOK: Duration = Duration::from_micros(50);

/// A store that is killed again and again.
#[derive(Debug)]
pub(super) struct Store {
    flin: PathBuf,
    folder: PathBuf,
    /// The turn whose end the store held last.
    turn: u64,
    /// How long a recovery took last.
    recovery: Duration,
    chance: u64,
}

/// What one kill hit, and what was found afterwards.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub in_flight: bool,
    pub in_checkpoint: bool,
    pub in_recovery: bool,
    pub acknowledged: u64,
    pub finding: Option<Finding>,
}

/// What must not be.
#[derive(Debug)]
pub(super) enum Finding {
    Lost(String),
    Corrupted(String),
}

/// How far the process had told that it was.
#[derive(Debug, Default)]
struct Told {
    opening: bool,
    opened: bool,
    saving: u64,
    saved: u64,
    last: String,
}

impl Told {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = || words.last().and_then(|word| word.trim_end_matches('"').parse().ok()).unwrap_or(0);
        let says = |what: &str| words.iter().any(|word| word.trim_matches('"') == what);
        if says("opening") {
            self.opening = true;
        } else if says("opened") {
            self.opened = true;
        } else if says("saving") {
            self.saving = number();
        } else if says("saved") {
            self.saved = number();
        }
        line.clone_into(&mut self.last);
    }
}

impl Store {
    pub fn new(flin: &Path, folder: &Path, seed: u64) -> Result<Self, KillError> {
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).map_err(io("write"));
        write("flin.config", CONFIG)?;
        write("save.flin", include_str!("save.flin"))?;
        write("check.flin", include_str!("check.flin"))?;
        Ok(Self {
            flin: flin.to_owned(),
            folder: folder.to_owned(),
            turn: 0,
            recovery: Duration::from_millis(1),
            chance: 0x9E37_79B9_7F4A_7C15 ^ seed,
        })
    }

    /// One process, from its start to what it left.
    pub fn kill(&mut self, aim: Aim) -> Result<Seen, KillError> {
        let mut child = self.start()?;
        let lines = reader(&mut child);
        let mut told = Told::default();
        let waited = self.wait_for(aim, &lines, &mut told);
        child.kill().map_err(io("kill"))?;
        child.wait().map_err(io("wait for a killed process"))?;
        lines.iter().for_each(|line| told.line(&line));
        waited?;
        let mut seen = Seen {
            in_flight: told.opened && told.saving > told.saved,
            in_checkpoint: self.unfinished_snapshot(),
            in_recovery: told.opening && !told.opened,
            acknowledged: told.saved.saturating_sub(self.turn),
            finding: None,
        };
        let acknowledged = told.saved.max(self.turn);
        let begun = told.saving.max(acknowledged);
        seen.finding = self.check(acknowledged, begun)?;
        Ok(seen)
    }

    fn start(&self) -> Result<Child, KillError> {
        let mut command = Command::new(&self.flin);
        command.args(["run", "save.flin"]).env("SLOTS", SLOTS.to_string()).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().map_err(io("start flin"))
    }

    /// Returns at the moment at which the process is to be killed.
    fn wait_for(&mut self, aim: Aim, lines: &Receiver<String>, told: &mut Told) -> Result<(), KillError> {
        let begun = Instant::now();
        let mut hear = |until: Duration| match lines.recv_timeout(until) {
            Ok(line) => {
                told.line(&line);
                Ok((told.opening, told.opened, told.saving))
            }
            Err(RecvTimeoutError::Timeout) => Ok((told.opening, told.opened, told.saving)),
            Err(RecvTimeoutError::Disconnected) => Err(KillError::Ended { said: told.last.clone() }),
        };
        while !hear(MOMENT_MAX)?.0 {
            if begun.elapsed() > MOMENT_MAX {
                return Ok(());
            }
        }
        let opening = Instant::now();
        if aim == Aim::Recovery {
            let part = self.below(1000);
            spin(self.recovery.mul_f64(part as f64 / 1000.0));
            return Ok(());
        }
        while !hear(MOMENT_MAX)?.1 {}
        self.recovery = opening.elapsed();
        if aim == Aim::Checkpoint {
            while !self.unfinished_snapshot() && begun.elapsed() < MOMENT_MAX {
                hear(LOOK)?;
            }
            return Ok(());
        }
        let first = hear(MOMENT_MAX)?.2;
        let wanted = first + self.below(60);
        while hear(MOMENT_MAX)?.2 < wanted {}
        spin(Duration::from_micros(self.below(300)));
        Ok(())
    }

    /// Opens the store in a process that is not killed, and compares.
    fn check(&mut self, acknowledged: u64, begun: u64) -> Result<Option<Finding>, KillError> {
        let output = Command::new(&self.flin)
            .args(["run", "check.flin"])
            .current_dir(&self.folder)
            .output()
            .map_err(io("start flin"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Some(Finding::Corrupted(format!("the store does not open: {said}"))));
        }
        let found = String::from_utf8_lossy(&output.stdout);
        for turn in acknowledged..=begun {
            if found == expected(turn) {
                self.turn = turn;
                return Ok(None);
            }
        }
        Ok(Some(judge(&found, acknowledged)))
    }

    fn unfinished_snapshot(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(self.folder.join(".flindb")) else { return false };
        entries.flatten().any(|entry| entry.path().extension().is_some_and(|extension| extension == "tmp"))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % bound
    }
}

/// A sleep of some microseconds lasts far longer.
fn spin(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// The lines that the process writes to standard error, as they come.
fn reader(child: &mut Child) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    if let Some(from) = child.stderr.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// What `check.flin` prints when so many turns were made.
fn expected(turns: u64) -> String {
    let mut slots = BTreeMap::new();
    // Each slot shows the last turn that came by, and every turn comes by two.
    for turn in turns.saturating_sub(SLOTS + 1)..=turns {
        if turn > 0 {
            slots.insert(turn % SLOTS, turn);
            slots.insert((turn + 17) % SLOTS, turn);
        }
    }
    let mut text = String::new();
    for (place, turn) in slots {
        let body = format!("turn {turn} ").repeat((turn % 97 + 3) as usize);
        let _ = writeln!(text, "{place} {turn} {body}");
    }
    for note in (1..=turns).filter(|turn| turn % 5 == 0 && turn + 100 > turns - turns % 5) {
        let _ = writeln!(text, "note {note}");
    }
    text
}

/// Is something that was acknowledged gone, or is something there that never was?
fn judge(found: &str, acknowledged: u64) -> Finding {
    let missing = |turn: u64| {
        let expected = expected(turn);
        let mut lines = expected.lines().zip(found.lines().chain(std::iter::repeat("(nothing)")));
        lines.find(|(wanted, line)| wanted != line).map(|(wanted, line)| (cut(wanted), cut(line)))
    };
    // What an earlier turn left is whole, but the turns behind it are gone.
    for turn in (acknowledged.saturating_sub(2000)..acknowledged).rev() {
        if found == expected(turn) {
            return Finding::Lost(format!(
                "turn {acknowledged} was acknowledged, the store ends with turn {turn}"
            ));
        }
    }
    let (wanted, line) = missing(acknowledged).unwrap_or_default();
    Finding::Corrupted(format!("after turn {acknowledged}: expected {wanted:?}, found {line:?}"))
}

fn cut(line: &str) -> String {
    line.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_read_in_both_formats_of_the_log() {
        let mut told = Told::default();
        for line in
            ["INFO opening", "x info opened 4", "{\"message\":\"saving 5\"", "INFO saved 5", "INFO saving 6"]
        {
            told.line(line);
        }
        assert!(told.opening && told.opened);
        assert_eq!((told.saving, told.saved), (6, 5));
    }

    #[test]
    fn a_lost_turn_and_a_half_one_are_told_apart() {
        assert!(matches!(judge(&expected(40), 42), Finding::Lost(_)));
        let half: String = expected(43).lines().take(3).chain(expected(42).lines().skip(3)).collect();
        assert!(matches!(judge(&half, 42), Finding::Corrupted(_)));
    }

    #[test]
    fn the_model_is_that_of_the_program() {
        // Turn by turn, as the program does it.
        let (mut slots, mut notes) = (BTreeMap::new(), std::collections::BTreeSet::new());
        for turn in 1..=400_u64 {
            slots.insert(turn % SLOTS, turn);
            slots.insert((turn + 17) % SLOTS, turn);
            if turn % 5 == 0 {
                notes.insert(turn);
                notes.remove(&(turn.saturating_sub(100)));
            }
            let lines: Vec<String> = expected(turn).lines().map(str::to_owned).collect();
            assert_eq!(lines.len(), slots.len() + notes.len(), "turn {turn}");
            for ((place, at), line) in slots.iter().zip(&lines) {
                assert!(line.starts_with(&format!("{place} {at} turn {at} ")), "turn {turn}: {line}");
            }
            assert!(notes.iter().zip(&lines[slots.len()..]).all(|(n, line)| *line == format!("note {n}")));
        }
    }
}
