//! The key that sessions are sealed with: one file of the project, readable by its owner alone.

use crate::app::durable::{self, Access};
use crate::vm::Random;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The name of its file.
pub const KEY_FILE: &str = "session.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file has another size.
    #[error("{KEY_FILE} is {bytes} bytes long, not 32; remove it to get a new one (all sessions end)")]
    Size {
        /// What it has.
        bytes: usize,
    },
    /// Others could read it.
    #[error(
        "{KEY_FILE} can be read by others (mode {mode:o}); make it 600, or remove it if somebody may have"
    )]
    Open {
        /// Its permissions.
        mode: u32,
    },
    /// The list of sessions that were ended cannot be read.
    #[error("{}: the system says: {}", super::ended::FILE, .0.kind())]
    Ended(#[source] io::Error),
    /// The system refuses.
    #[error("{KEY_FILE}: the system says: {0}")]
    System(#[from] io::Error),
}

/// The key in this folder, made if it is missing.
pub(super) fn open(folder: &Path, random: &mut Random) -> Result<[u8; 32], KeyFault> {
    let place = folder.join(KEY_FILE);
    match read(&place) {
        Err(KeyFault::System(error)) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    fs::create_dir_all(folder)?;
    let mut key = [0; 32];
    random.fill(&mut key);
    // Two processes may start at once: the first one's key stays.
    match durable::create(&place, &key, Access::Owner) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => read(&place),
    }
}

fn read(place: &Path) -> Result<[u8; 32], KeyFault> {
    let file = fs::File::open(place)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFault::Open { mode });
    }
    let mut bytes = Vec::new();
    file.take(33).read_to_end(&mut bytes)?;
    <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFault::Size { bytes: bytes.len() })
}
