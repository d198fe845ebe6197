//! One file of the twin: what a reader sees, what is durable, and the changes in between.

use super::super::SECTOR;

/// The largest file of a twin; a size beyond it is taken for a mistake and cut.
const BYTES_MAX: usize = 1 << 30;

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Content {
    visible: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync, in order.
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    kind: Kind,
    /// Was a sync that should have kept it refused? No later sync keeps it either.
    forgotten: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Kind {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => put(content, *offset, bytes),
            Self::Resize(size) => content.resize(*size, 0),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Write(a, bytes), Self::Write(b, others)) => {
                *a < b.saturating_add(others.len()) && *b < a.saturating_add(bytes.len())
            }
            // A size goes with the rest of the file.
            (Self::Resize(_), _) | (_, Self::Resize(_)) => true,
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len()).min(BYTES_MAX);
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(offset..end) {
        place.copy_from_slice(bytes.get(..place.len()).unwrap_or_default());
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(BYTES_MAX).min(BYTES_MAX)
}

impl Content {
    /// A file with this content, synced.
    pub fn durable(bytes: Vec<u8>) -> Self {
        Self { visible: bytes.clone(), durable: bytes, changes: Vec::new() }
    }

    /// As a reader sees it.
    pub fn bytes(&self) -> &[u8] {
        &self.visible
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        u64::try_from(self.visible.len()).unwrap_or(u64::MAX)
    }

    /// How many changes were not synced.
    pub fn unsynced(&self) -> usize {
        self.changes.len()
    }

    /// Reads what is there.
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> usize {
        let there = self.visible.get(position(offset)..).unwrap_or_default();
        let count = there.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..count), there.get(..count)) {
            to.copy_from_slice(from);
        }
        count
    }

    /// Writes it all.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.change(Kind::Write(position(offset), bytes.to_vec()));
    }

    /// Cuts it, or fills it with zeros.
    pub fn resize(&mut self, size: u64) {
        self.change(Kind::Resize(position(size)));
    }

    fn change(&mut self, kind: Kind) {
        kind.apply(&mut self.visible);
        self.changes.push(Change { kind, forgotten: false });
    }

    /// Makes durable what no failed sync has forgotten. What was forgotten may still turn up after a crash, but never
    /// over what was made durable later.
    pub fn sync(&mut self) {
        let (mut forgotten, synced): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.changes).into_iter().partition(|change| change.forgotten);
        synced.iter().for_each(|change| change.kind.apply(&mut self.durable));
        forgotten.retain(|old| !synced.iter().any(|new| new.kind.overlaps(&old.kind)));
        self.changes = forgotten;
    }

    /// A sync failed: the medium has, or has not, what was written; nobody will write it again.
    pub fn forget(&mut self) {
        self.changes.iter_mut().for_each(|change| change.forgotten = true);
    }

    /// The file as the next process finds it: with the changes that are picked, numbered from `first` on, and the first
    /// half of the sectors of the change number `torn`.
    pub fn crashed(
        &self,
        kept: bool,
        first: usize,
        picked: &dyn Fn(usize) -> bool,
        torn: Option<usize>,
    ) -> Self {
        if kept {
            return Self::durable(self.visible.clone());
        }
        let mut content = self.durable.clone();
        for (number, change) in (first..).zip(&self.changes) {
            if picked(number) {
                change.kind.apply(&mut content);
            } else if torn == Some(number)
                && let Kind::Write(offset, bytes) = &change.kind
            {
                // Sectors are the medium's: the tear is at a multiple of them, counted from the start of the file.
                let middle = offset.saturating_add(bytes.len() / 2);
                let tear = middle.saturating_sub(middle.checked_rem(SECTOR).unwrap_or(0));
                put(&mut content, *offset, bytes.get(..tear.saturating_sub(*offset)).unwrap_or_default());
            }
        }
        Self::durable(content)
    }
}
