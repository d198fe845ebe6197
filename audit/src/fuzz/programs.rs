//! The fuzz targets as programs: built by cargo-fuzz into target folders of their own, and found there again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The built targets.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

/// Where this repository's builds go.
pub fn target_folder(repository: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), Into::into)
}

impl Programs {
    /// Builds all of them, with every guard in place.
    pub fn build(repository: &Path) -> io::Result<Self> {
        Self::build_into(repository, ordinary(repository), &[])
    }

    /// Builds them with switches for the guards.
    pub fn build_knock_out(repository: &Path) -> io::Result<Self> {
        let folder = target_folder(repository).join("fuzz-knockout");
        Self::build_into(repository, folder, &["--features", "knockout"])
    }

    /// Those that an earlier command built; they may be older than the sources.
    pub fn already_built(repository: &Path) -> Option<Self> {
        let folder = ordinary(repository);
        folder.is_dir().then_some(Self { folder })
    }

    fn build_into(repository: &Path, folder: PathBuf, options: &[&str]) -> io::Result<Self> {
        let mut build = Command::new("cargo");
        build.args(["fuzz", "build"]).args(options).arg("--target-dir").arg(&folder);
        let built = build.current_dir(repository).status()?;
        if built.success() {
            return Ok(Self { folder });
        }
        Err(io::Error::other(
            "cargo fuzz build failed; `cargo install --locked cargo-fuzz` where it is missing",
        ))
    }

    /// The program of a target.
    pub fn program(&self, target: &str) -> io::Result<PathBuf> {
        let triples = std::fs::read_dir(&self.folder)?.flatten();
        let mut programs = triples.map(|triple| triple.path().join("release").join(target));
        let found = programs.find(|program| program.is_file());
        found.ok_or_else(|| io::Error::other(format!("{target} was not built")))
    }
}

fn ordinary(repository: &Path) -> PathBuf {
    target_folder(repository).join("fuzz")
}
