//! `audit repro ID`: prints the shortest way to see a vector by hand, and runs it with the shipped binary.

use super::{Failure, Found};
use clap::Args;
use std::process::Command;

/// `audit repro`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  audit repro T1-01\n\nThe lines run in a shell, in an empty folder, with the `flin` that `cargo build --bin flin` makes on PATH."
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
            }
        }
        Ok(Found::AsClaimed)
    }
}

fn by_hand(lines: &str) -> Result<(), Failure> {
    let io = |what| move |error| Failure::Io { what, error };
    let flin = crate::shipped::flin()?;
    let mut path = flin.parent().unwrap_or(&flin).as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let folder = tempfile::tempdir().map_err(io("cannot make a folder"))?;
    let status = Command::new("sh").args(["-c", lines]).env("PATH", path).current_dir(folder.path()).status();
    let status = status.map_err(io("cannot start a shell"))?;
    out!("({status})");
    Ok(())
}
