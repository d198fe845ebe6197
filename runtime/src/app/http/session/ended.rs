//! Sessions that were ended before their time (K2): few bytes each, kept until no copy could be valid any more.
//!
//! - **N1** A session is refused from the moment that it is added, whatever the disk does.
//! - **N2** When [`Ended::keep`] returned without a fault, all that was added before is on the disk, synced: it outlives
//!   the process and the loss of power. What was added and not kept yet is lost with the process.
//! - **N3** No lock that a request waits for is held over anything of a disk.
//! - **N4** Records lie at multiples of their size. Behind a write that failed nothing is appended: the next one replaces
//!   the whole file. A record that a crash cut off is left out when the file is read.
//!
//! The list is bounded. When it is full of sessions that have not run out, everything sealed so far is refused: whoever
//! ends sessions by the ten thousand makes all sign in again, but revives none.

use super::{KeyFault, SessionId};
use crate::app::durable::{self, Access};
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sessions kept.
pub(super) const ENDED_MAX: usize = 65_536;
/// Records of the file before it is written anew, those that have run out included.
const RECORDS_MAX: usize = ENDED_MAX * 2;
/// Sessions that wait to be appended; with more, the whole list is written.
const WAITING_MAX: usize = 4_096;
/// Its file's name.
pub(super) const FILE: &str = "sessions.ended";
/// Bytes of one: id and time.
const RECORD_BYTES: usize = 24;
/// The id of the record that refuses everything sealed up to its time.
const EVERYTHING: SessionId = [0; 16];

/// Why the list is not kept beyond the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FILE}: the system says: {0}; sessions ended now may be taken again after a restart")]
pub struct EndedFault(pub io::ErrorKind);

#[derive(Debug)]
pub(super) struct Ended {
    list: Mutex<List>,
    /// Where the list is kept; locked before the list, by whoever writes.
    log: Option<Mutex<Log>>,
}

#[derive(Debug)]
struct List {
    /// Until when each could be valid.
    until: HashMap<SessionId, i64>,
    by_end: BTreeSet<(i64, SessionId)>,
    /// Everything sealed up to here is refused.
    sealed_up_to: i64,
    /// What is not in the file yet; nothing while the file has to be replaced.
    waiting: Vec<Record>,
    /// The file is to be replaced.
    is_stale: bool,
    fault: Option<EndedFault>,
}

#[derive(Debug)]
struct Log {
    place: PathBuf,
    /// None behind a failure (N4).
    file: Option<File>,
    records: usize,
}

type Record = (SessionId, i64);

impl Ended {
    pub fn in_memory() -> Self {
        Self { list: Mutex::new(List::new()), log: None }
    }

    /// Reads the list and drops what has run out. That it cannot be written is no error: whoever opens it asks for the
    /// [`Self::fault`] and tells it.
    pub fn open(folder: &Path, now: i64) -> Result<Self, KeyFault> {
        let mut list = List::new();
        let place = folder.join(FILE);
        let mut bytes = Vec::new();
        let bytes_max = RECORD_BYTES.saturating_mul(RECORDS_MAX);
        match File::open(&place) {
            Ok(file) => {
                let mut file = file.take(u64::try_from(bytes_max).unwrap_or(u64::MAX));
                file.read_to_end(&mut bytes).map_err(KeyFault::Ended)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(KeyFault::Ended(error)),
        }
        for record in bytes.chunks_exact(RECORD_BYTES) {
            let Some((id, time)) = record.split_first_chunk::<16>() else { continue };
            let Ok(time) = <[u8; 8]>::try_from(time).map(i64::from_be_bytes) else { continue };
            if *id == EVERYTHING {
                list.sealed_up_to = list.sealed_up_to.max(time);
            } else if time > now {
                list.insert((*id, time), now);
            }
        }
        let mut log = Log { place, file: None, records: 0 };
        list.waiting = Vec::new();
        // A disk that is full is no reason not to start: what was read is known, and the next attempt writes all of it.
        let written = log.replace(&list.all());
        list.is_stale = written.is_err();
        list.fault = written.err().map(|error| EndedFault(error.kind()));
        Ok(Self { list: Mutex::new(list), log: Some(Mutex::new(log)) })
    }

    /// Was this session ended, or everything of its time?
    pub fn has(&self, id: &SessionId, sealed_at: i64) -> bool {
        let list = self.list();
        sealed_at <= list.sealed_up_to || list.until.contains_key(id)
    }

    /// Ends a session, copies of which could be valid until then.
    pub fn add(&self, id: SessionId, until: i64, now: i64) {
        let mut list = self.list();
        list.insert((id, until), now);
        if self.log.is_none() {
            list.waiting.clear();
        }
    }

    /// Writes what was added since, and waits for the disk (N2). Gives a fault when it first appears; one that was there
    /// when the list was opened is no news.
    pub fn keep(&self) -> Option<EndedFault> {
        let mut log = self.log.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let (records, is_whole) = {
            let mut list = self.list();
            let waiting = std::mem::take(&mut list.waiting);
            let room = RECORDS_MAX.saturating_sub(log.records);
            if std::mem::take(&mut list.is_stale) || log.file.is_none() || waiting.len() > room {
                (list.all(), true)
            } else {
                (waiting, false)
            }
        };
        let written = if is_whole { log.replace(&records) } else { log.append(&records) };
        let fault = written.err().map(|error| EndedFault(error.kind()));
        let mut list = self.list();
        let is_news = list.fault.is_none();
        list.fault = fault;
        fault.filter(|_| is_news)
    }

    pub fn fault(&self) -> Option<EndedFault> {
        self.list().fault
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // Whose answers nobody waited for.
        let waits = !self.list().waiting.is_empty() || self.list().is_stale;
        if waits {
            self.keep();
        }
    }
}

impl List {
    fn new() -> Self {
        Self {
            until: HashMap::new(),
            by_end: BTreeSet::new(),
            sealed_up_to: i64::MIN,
            waiting: Vec::new(),
            is_stale: false,
            fault: None,
        }
    }

    fn insert(&mut self, (id, until): Record, now: i64) {
        while self.by_end.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, past)) = self.by_end.pop_first() {
                self.until.remove(&past);
            }
        }
        if self.until.len() >= ENDED_MAX {
            self.until.clear();
            self.by_end.clear();
            self.sealed_up_to = self.sealed_up_to.max(now);
            self.is_stale = true;
        }
        if let Some(before) = self.until.insert(id, until) {
            self.by_end.remove(&(before, id));
        }
        self.by_end.insert((until, id));
        self.is_stale |= self.waiting.len() >= WAITING_MAX;
        if self.is_stale {
            self.waiting.clear();
        } else {
            self.waiting.push((id, until));
        }
    }

    fn all(&self) -> Vec<Record> {
        let everything = (EVERYTHING, self.sealed_up_to);
        self.by_end.iter().map(|(until, id)| (*id, *until)).chain([everything]).collect()
    }
}

impl Log {
    fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        if !records.is_empty() {
            file.write_all(&bytes(records))?;
            file.sync_data()?;
        }
        self.records = self.records.saturating_add(records.len());
        self.file = Some(file);
        Ok(())
    }

    fn replace(&mut self, records: &[Record]) -> io::Result<()> {
        self.file = None;
        durable::replace(&self.place, &bytes(records), Access::Owner)?;
        self.file = Some(OpenOptions::new().append(true).open(&self.place)?);
        self.records = records.len();
        Ok(())
    }
}

fn bytes(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(|(id, time)| id.iter().copied().chain(time.to_be_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NOW: i64 = 1_700_000_000_000;

    fn id(n: usize) -> SessionId {
        let mut id = [1; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        id
    }

    #[test]
    fn what_is_kept_outlives_a_process_that_dies_and_a_torn_record_takes_none_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let ended = Ended::open(folder.path(), NOW).unwrap();
        ended.add(id(1), NOW + 100, NOW);
        assert_eq!(ended.keep(), None);
        // As after a kill: nothing is dropped.
        std::mem::forget(ended);
        let place = folder.path().join(FILE);
        let mut torn = OpenOptions::new().append(true).open(&place).unwrap();
        torn.write_all(&[7; 11]).unwrap();
        let ended = Ended::open(folder.path(), NOW).unwrap();
        ended.add(id(2), NOW + 100, NOW);
        ended.keep();
        std::mem::forget(ended);
        let ended = Ended::open(folder.path(), NOW).unwrap();
        assert!(ended.has(&id(1), NOW) && ended.has(&id(2), NOW) && !ended.has(&id(3), NOW));
        assert_eq!(fs::metadata(&place).unwrap().len(), 3 * 24);
        assert!(!Ended::open(folder.path(), NOW + 100).unwrap().has(&id(1), NOW));
    }

    #[test]
    fn after_a_write_that_failed_the_whole_list_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let ended = Ended::open(folder.path(), NOW).unwrap();
        let place = folder.path().join(FILE);
        // It takes no bytes.
        ended.log.as_ref().unwrap().lock().unwrap().file = Some(File::open(&place).unwrap());
        ended.add(id(1), NOW + 100, NOW);
        assert!(ended.keep().is_some());
        assert!(ended.fault().is_some() && ended.has(&id(1), NOW));
        let away = folder.path().join("away");
        ended.log.as_ref().unwrap().lock().unwrap().place = away.join(FILE);
        ended.add(id(2), NOW + 100, NOW);
        assert_eq!(ended.keep(), None, "it is news no more");
        assert_eq!(ended.fault(), Some(EndedFault(io::ErrorKind::NotFound)));
        fs::create_dir(&away).unwrap();
        ended.add(id(3), NOW + 100, NOW);
        assert_eq!((ended.keep(), ended.fault()), (None, None));
        std::mem::forget(ended);
        let ended = Ended::open(&away, NOW).unwrap();
        assert!((1..=3).all(|n| ended.has(&id(n), NOW)));
    }

    #[test]
    fn a_disk_that_takes_nothing_at_the_start_is_a_fault_and_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let away = folder.path().join("away");
        let ended = Ended::open(&away, NOW).unwrap();
        assert_eq!(ended.fault(), Some(EndedFault(io::ErrorKind::NotFound)));
        ended.add(id(1), NOW + 100, NOW);
        assert!(
            ended.keep().is_none() && ended.fault().is_some(),
            "it is no news to whoever opened the list"
        );
        fs::create_dir(&away).unwrap();
        assert_eq!((ended.keep(), ended.fault()), (None, None));
        std::mem::forget(ended);
        assert!(Ended::open(&away, NOW).unwrap().has(&id(1), NOW));
        let blocked = folder.path().join("blocked");
        fs::create_dir_all(blocked.join(FILE)).unwrap();
        assert!(matches!(Ended::open(&blocked, NOW), Err(KeyFault::Ended(_))));
    }

    #[test]
    fn the_file_is_bounded_however_many_end() {
        let folder = tempfile::tempdir().unwrap();
        let ended = Ended::open(folder.path(), NOW).unwrap();
        let bound = u64::try_from(RECORDS_MAX * RECORD_BYTES).unwrap();
        let mut now = NOW;
        for n in 0..200 {
            for m in 0..1_000 {
                ended.add(id(n * 1_000 + m), now + 3, now);
            }
            assert_eq!(ended.keep(), None);
            assert!(fs::metadata(folder.path().join(FILE)).unwrap().len() <= bound);
            now += 1;
        }
        drop(ended);
        let ended = Ended::open(folder.path(), now).unwrap();
        assert!(ended.has(&id(199_999), now) && !ended.has(&id(0), now));
    }
}
