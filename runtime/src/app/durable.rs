//! Files that are made or replaced whole, and stay so over the loss of power.
//!
//! - **D1** Content is complete and on the disk before it has its name: a reader sees the old file or the new one.
//! - **D2** When a call returns well, name and content are on the disk; when it fails, what was there before still is.
//! - **D3** What a process left behind when it died is in nobody's way, also when its number is given again.
//!
//! Absences: no folder is made, no link followed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Names of files that are being written start so.
pub(crate) const TEMPORARY: &str = ".flin-writing-";
/// Names that are tried.
const NAMES_MAX: usize = 1_000;

/// Several threads may write one file at once.
static TEMPORARY_NUMBER: AtomicU64 = AtomicU64::new(0);

/// Who may read and write a new file.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Its owner alone.
    Owner,
    /// Whoever may where nothing else is said.
    Usual,
    /// The same as for another file.
    Like(Permissions),
}

/// Makes a file, or replaces one.
pub(crate) fn replace(place: &Path, content: &[u8], access: Access) -> io::Result<()> {
    let temporary = written(place, content, access)?;
    let renamed = fs::rename(&temporary, place);
    if renamed.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    sync_folder(place)
}

/// Makes a file where none is. Of several at once the first one wins, the others get `AlreadyExists`.
pub(crate) fn create(place: &Path, content: &[u8], access: Access) -> io::Result<()> {
    let temporary = written(place, content, access)?;
    let linked = fs::hard_link(&temporary, place);
    let removed = fs::remove_file(&temporary);
    linked?;
    removed?;
    sync_folder(place)
}

/// A file with this content, on the disk, beside the place that it is meant for.
fn written(place: &Path, content: &[u8], access: Access) -> io::Result<PathBuf> {
    let (mut file, temporary) = temporary(place, &access)?;
    let filled = match access {
        Access::Like(permissions) => file.set_permissions(permissions),
        Access::Owner | Access::Usual => Ok(()),
    };
    let filled = filled.and_then(|()| file.write_all(content)).and_then(|()| file.sync_all());
    match filled {
        Ok(()) => Ok(temporary),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}

fn temporary(place: &Path, access: &Access) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if matches!(access, Access::Owner) {
        options.mode(0o600);
    }
    for _ in 0..NAMES_MAX {
        let number = TEMPORARY_NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = place.with_file_name(format!("{TEMPORARY}{}-{number}", std::process::id()));
        match options.open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((opened?, temporary)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn sync_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn mode(place: &Path) -> u32 {
        fs::metadata(place).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_made_once_and_replaced_as_often_as_one_likes() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        create(&place, b"1", Access::Owner).unwrap();
        let again = create(&place, b"2", Access::Owner).unwrap_err();
        assert_eq!((again.kind(), fs::read(&place).unwrap()), (io::ErrorKind::AlreadyExists, b"1".to_vec()));
        replace(&place, b"3", Access::Like(Permissions::from_mode(0o640))).unwrap();
        assert_eq!((fs::read(&place).unwrap(), mode(&place)), (b"3".to_vec(), 0o640));
        replace(&place, b"4", Access::Owner).unwrap();
        assert_eq!((mode(&place), names(folder.path())), (0o600, vec!["a".to_owned()]));
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("b"), "").unwrap();
        assert!(replace(&place, b"1", Access::Usual).is_err());
        assert!(create(&place, b"1", Access::Usual).is_err());
        assert_eq!(names(folder.path()), ["a"]);
        assert!(create(&folder.path().join("none/a"), b"1", Access::Usual).is_err());
    }

    #[test]
    fn what_a_process_of_the_same_number_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let next = TEMPORARY_NUMBER.load(Ordering::Relaxed);
        for number in next..next + 100 {
            fs::write(folder.path().join(format!("{TEMPORARY}{}-{number}", std::process::id())), "").unwrap();
        }
        let place = folder.path().join("a");
        replace(&place, b"1", Access::Usual).unwrap();
        assert_eq!((fs::read(&place).unwrap(), names(folder.path()).len()), (b"1".to_vec(), 101));
    }
}
