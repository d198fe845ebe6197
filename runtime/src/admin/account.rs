//! The console's one account: the Argon2id hash of its password, in a file that its owner alone can read.
//!
//! The file is there with a whole hash or not at all; a set-up that failed can be made again.

use crate::app::durable::{self, Access};
use crate::app::password;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The name of its file, beside the store.
pub const ACCOUNT_FILE: &str = "console.password";
/// Larger files are none of ours.
const FILE_BYTES_MAX: u64 = 1024;

/// Why the account cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// What it holds is no hash.
    #[error("{ACCOUNT_FILE} is no hash of a password; remove it to set a new one")]
    NoHash,
    /// Others could read it.
    #[error(
        "{ACCOUNT_FILE} can be read by others (mode {mode:o}); make it 600, or remove it to set a new password"
    )]
    Open {
        /// Its permissions.
        mode: u32,
    },
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
            // Opening a pipe would wait for its other end.
            Ok(metadata) if !metadata.is_file() => return Err(AccountFault::NoHash),
            Ok(metadata) => {
                let mode = metadata.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(AccountFault::Open { mode });
                }
                Some(read(&place)?)
            }
        };
        Ok(Self { place: Some(place), hash })
    }

    /// Sets the hash, durably, where none is set.
    pub fn set(&mut self, hash: String) -> io::Result<()> {
        if let Some(place) = &self.place {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            durable::create(place, hash.as_bytes(), Access::Owner)?;
        }
        self.hash = Some(hash);
        Ok(())
    }
}

fn read(place: &Path) -> Result<String, AccountFault> {
    let mut bytes = Vec::new();
    File::open(place)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| AccountFault::NoHash)?;
    let hash = text.trim();
    if password::is_hash(hash) { Ok(hash.to_owned()) } else { Err(AccountFault::NoHash) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    fn hash() -> String {
        password::hash("correct horse battery", [7; 16]).unwrap()
    }

    #[test]
    fn what_was_set_is_there_again_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut account = Account::open(folder.path()).unwrap();
        let mut other = Account::open(folder.path()).unwrap();
        account.set(hash()).unwrap();
        let place = folder.path().join(ACCOUNT_FILE);
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Account::open(folder.path()).unwrap().hash, Some(hash()));
        assert_eq!(
            other.set("x".to_owned()).map_err(|error| error.kind()),
            Err(io::ErrorKind::AlreadyExists)
        );
        assert_eq!(other.hash, None);
        fs::set_permissions(&place, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Account::open(folder.path()), Err(AccountFault::Open { mode: 0o640 })));
    }

    #[test]
    fn a_file_that_is_no_hash_is_refused_wherever_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(ACCOUNT_FILE);
        let whole = hash();
        let cut = [0, 1, 9, 20, whole.find("$p").unwrap_or(30), whole.rfind('$').unwrap()];
        let cut = cut.map(|at| whole.as_bytes()[..at].to_vec());
        let others = [b"\xff".to_vec(), b"password".to_vec(), vec![b'x'; 4096]];
        for content in cut.into_iter().chain(others) {
            fs::write(&place, &content).unwrap();
            fs::set_permissions(&place, Permissions::from_mode(0o600)).unwrap();
            let opened = Account::open(folder.path());
            assert!(matches!(opened, Err(AccountFault::NoHash)), "{:?}", String::from_utf8_lossy(&content));
        }
    }

    #[test]
    fn a_set_up_that_failed_can_be_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("store");
        let mut account = Account::open(&inside).unwrap();
        fs::write(&inside, "in the way").unwrap();
        assert!(account.set(hash()).is_err());
        assert_eq!(account.hash, None);
        fs::remove_file(&inside).unwrap();
        account.set(hash()).unwrap();
        assert_eq!(Account::open(&inside).unwrap().hash, Some(hash()));
    }
}
