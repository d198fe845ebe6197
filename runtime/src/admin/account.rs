//! The console's one account: the Argon2id hash of its password, in a file that its owner alone can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The name of its file, beside the store.
pub const ACCOUNT_FILE: &str = "console.password";
/// Larger files are none of ours.
const FILE_BYTES_MAX: u64 = 1024;

/// Why the account cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// Too large to be a hash.
    #[error("{ACCOUNT_FILE} is no hash of a password; remove it to set a new one")]
    NoHash,
    /// The system refuses.
    #[error("{ACCOUNT_FILE}: the system says: {0}")]
    System(#[from] io::Error),
}

/// Where the hash is kept, and the hash.
#[derive(Debug)]
pub(super) struct Account {
    place: Option<PathBuf>,
    pub hash: Option<String>,
}

impl Account {
    /// Kept in this process alone.
    pub const fn in_memory() -> Self {
        Self { place: None, hash: None }
    }

    /// Kept in a folder.
    pub fn open(folder: &Path) -> Result<Self, AccountFault> {
        let place = folder.join(ACCOUNT_FILE);
        let hash = match fs::metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
            Ok(metadata) if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX => {
                return Err(AccountFault::NoHash);
            }
            Ok(_) => Some(fs::read_to_string(&place)?.trim().to_owned()),
        };
        Ok(Self { place: Some(place), hash })
    }

    /// Sets the hash, durably, where none is set.
    pub fn set(&mut self, hash: String) -> io::Result<()> {
        if let Some(place) = &self.place {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(place)?;
            file.write_all(hash.as_bytes())?;
            file.sync_all()?;
        }
        self.hash = Some(hash);
        Ok(())
    }
}
