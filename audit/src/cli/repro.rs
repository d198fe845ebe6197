//! `audit repro ID`: prints the shortest way to see a vector by hand, and runs it with the shipped binary.

use super::{Failure, Found};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Programs that lines use beside the shell's own and `flin`.
const TOOLS: [&str; 2] = ["curl", "nc"];

/// `audit repro`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  audit repro T1-01\n\nThe lines run in a shell, in an empty folder, with the `flin` that `cargo build --bin flin` makes on PATH;\nwhat they leave running is ended. Servers listen on port 3000. What to expect is printed behind the lines; nothing is compared."
)]
pub(super) struct Repro {
    /// The vector, such as T1-01
    id: String,
    /// Only print the lines
    #[arg(long)]
    print: bool,
}

impl Repro {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let catalogue = super::catalogue()?;
        let ids = [self.id.clone()];
        let chosen = super::select(&catalogue, &ids, None)?;
        for entry in chosen {
            let lines = entry.vector.repro.trim();
            for line in lines.lines() {
                out!("{}{line}", if self.print { "" } else { "$ " });
            }
            if !self.print {
                by_hand(lines)?;
                out!("expected: {}", entry.vector.expected);
            }
        }
        Ok(Found::AsClaimed)
    }
}

fn by_hand(lines: &str) -> Result<(), Failure> {
    let io = |what| move |error| Failure::Io { what, error };
    for tool in TOOLS {
        let uses = lines.split(|c: char| !c.is_alphanumeric()).any(|word| word == tool);
        if uses
            && Command::new(tool).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
        {
            eprintln!("warning: there is no `{tool}` here, which these lines use");
        }
    }
    eprintln!("building flin, where it is not as new as its sources");
    let flin = crate::shipped::flin()?;
    let mut path = flin.parent().unwrap_or(&flin).as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let folder = tempfile::tempdir().map_err(io("cannot make a folder"))?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", lines])
        .env("PATH", path)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .process_group(0);
    let mut shell = shell.spawn().map_err(io("cannot start a shell"))?;
    let group = i32::try_from(shell.id()).ok().and_then(Pid::from_raw);
    let status = shell.wait().map_err(io("cannot wait for the shell"))?;
    if let Some(group) = group {
        // Most often nobody of it is left, and it is an error to say so.
        let _ = kill_process_group(group, Signal::KILL);
    }
    out!("({status})");
    Ok(())
}
