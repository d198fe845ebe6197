//! Sessions that were ended before their time (K2): few bytes each, kept until no copy could be valid any more.
//!
//! The list is bounded. When it is full of sessions that have not run out, everything sealed so far is refused: whoever
//! ends sessions by the ten thousand makes all sign in again, but revives none.

use super::{KeyFault, SessionId};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Sessions kept.
pub(super) const ENDED_MAX: usize = 65_536;
/// Its file's name.
const FILE: &str = "sessions.ended";
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
    /// Until when each could be valid.
    until: HashMap<SessionId, i64>,
    /// Everything sealed up to here is refused.
    sealed_up_to: i64,
    file: Option<(PathBuf, File)>,
    fault: Option<EndedFault>,
}

impl Ended {
    pub fn in_memory() -> Self {
        Self { until: HashMap::new(), sealed_up_to: i64::MIN, file: None, fault: None }
    }

    /// Reads the list and drops what has run out. A record that a crash cut off is left out.
    pub fn open(folder: &Path, now: i64) -> Result<Self, KeyFault> {
        let mut ended = Self::in_memory();
        let place = folder.join(FILE);
        let mut bytes = Vec::new();
        let bytes_max = RECORD_BYTES.saturating_mul(ENDED_MAX).saturating_add(RECORD_BYTES);
        match File::open(&place) {
            Ok(file) => {
                file.take(u64::try_from(bytes_max).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        for record in bytes.chunks_exact(RECORD_BYTES) {
            let Some((id, time)) = record.split_first_chunk::<16>() else { continue };
            let Ok(time) = <[u8; 8]>::try_from(time).map(i64::from_be_bytes) else { continue };
            if *id == EVERYTHING {
                ended.sealed_up_to = ended.sealed_up_to.max(time);
            } else if time > now {
                ended.until.insert(*id, time);
            }
        }
        ended.file = Some((place.clone(), ended.rewritten(&place)?));
        Ok(ended)
    }

    /// Writes the whole list beside the old one, and puts it in its place.
    fn rewritten(&self, place: &Path) -> io::Result<File> {
        let temporary = place.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let mut records: Vec<(SessionId, i64)> = self.until.iter().map(|(id, until)| (*id, *until)).collect();
        records.sort_unstable();
        records.push((EVERYTHING, self.sealed_up_to));
        file.write_all(&records.iter().flat_map(record).collect::<Vec<u8>>())?;
        file.sync_all()?;
        fs::rename(&temporary, place)?;
        OpenOptions::new().append(true).open(place)
    }

    /// Was this session ended, or everything of its time?
    pub fn has(&self, id: &SessionId, sealed_at: i64) -> bool {
        sealed_at <= self.sealed_up_to || self.until.contains_key(id)
    }

    /// Ends a session, copies of which could be valid until then.
    pub fn add(&mut self, id: SessionId, until: i64, now: i64) {
        if self.until.len() >= ENDED_MAX {
            self.until.retain(|_, until| *until > now);
            if self.until.len() >= ENDED_MAX {
                self.until.clear();
                self.sealed_up_to = now;
            }
            let Some((place, _)) = self.file.take() else { return self.insert(id, until) };
            match self.rewritten(&place) {
                Ok(file) => self.file = Some((place, file)),
                Err(error) => self.fault = Some(EndedFault(error.kind())),
            }
        }
        self.insert(id, until);
    }

    fn insert(&mut self, id: SessionId, until: i64) {
        self.until.insert(id, until);
        let Some((_, file)) = &mut self.file else { return };
        if let Err(error) = file.write_all(&record(&(id, until))) {
            self.fault = Some(EndedFault(error.kind()));
        }
    }

    pub fn fault(&self) -> Option<EndedFault> {
        self.fault
    }
}

fn record((id, time): &(SessionId, i64)) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    for (to, from) in record.iter_mut().zip(id.iter().chain(&time.to_be_bytes())) {
        *to = *from;
    }
    record
}
