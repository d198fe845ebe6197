//! The `flin` that people run: an ordinary build, with every guard in place.

use std::path::PathBuf;
use std::process::Command;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum ShippedError {
    /// A program could not be started.
    #[error("cannot start {program}: {error}")]
    Start {
        /// Which.
        program: String,
        /// Why not.
        error: std::io::Error,
    },
    /// Cargo said no.
    #[error("cargo could not build flin")]
    Build,
    /// It says that its guards can be switched off, or nothing that can be understood.
    #[error("{program} is not an ordinary build: {said:?}")]
    KnockedOut {
        /// Which.
        program: String,
        /// What `flin version --json` printed.
        said: String,
    },
}

/// Builds it where cargo builds, and asks it what it is.
pub fn flin() -> Result<PathBuf, ShippedError> {
    let start = |program: &str| {
        let program = program.to_owned();
        move |error| ShippedError::Start { program, error }
    };
    let repository = crate::repository();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // As people build it, so that what they built is what is taken.
    let build = ["build", "--quiet", "--bin", "flin"];
    let built = Command::new(cargo).args(build).current_dir(&repository).status().map_err(start("cargo"))?;
    if !built.success() {
        return Err(ShippedError::Build);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), Into::into);
    let flin: PathBuf = target.join("debug/flin");
    let program = flin.display().to_string();
    let output = Command::new(&flin).args(["version", "--json"]).output().map_err(start(&program))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
    if version["knockout"] == serde_json::Value::Bool(false) {
        Ok(flin)
    } else {
        Err(ShippedError::KnockedOut { program, said })
    }
}
