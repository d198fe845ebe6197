//! The rows of one type: a persistent map from ids to rows, in the order of the ids.
//!
//! Rows lie in pages of 32 ids, each one piece of memory: where each row ends, and then the rows, one behind the other.
//! Ids are given out densely, so that a row among a million is five steps away, of which all but the last are in the cache
//! most often, and the row stands beside the page's table. A page is made anew with each change, or grows in place while
//! nobody else has it and the row is its last; data that is long is kept outside, so that a page stays small.
//!
//! Invariants: nothing is kept of a row that was removed; a page's bytes are what [`put`] wrote.

use super::trie::Trie;
use crate::record::varint;
use crate::store::row::RowRef;
use crate::store::{Lsn, Row};
use std::sync::Arc;

const BITS: u32 = 5;
const SLOTS: usize = 1 << BITS;
/// Where a page's rows begin: behind their ends, two bytes each.
const HEAD: usize = SLOTS * 2;
/// Of a row's data; what is longer is kept outside of its page.
const DATA_MAX: usize = 512;
/// Pages are so many bytes long, or a multiple: the next row may fit.
const STEP: usize = 256;
/// What comes from memory at once.
const LINE: usize = 64;
/// What an `Arc` keeps beside its value, and about what the allocator does.
const COUNTS: usize = 4 * size_of::<usize>();

const DELETED: u8 = 1;
const OUTSIDE: u8 = 2;

/// A map from ids to rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pages: Trie<Arc<[u8]>>,
    /// The data of rows that have much of it.
    outside: Trie<Arc<[u8]>>,
    len: u64,
    /// Of pages and of data outside.
    bytes: usize,
}

impl Rows {
    /// How many rows there are.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Memory that they take, about.
    pub fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.pages.bytes()).saturating_add(self.outside.bytes())
    }

    /// A row.
    pub fn get(&self, id: u64) -> Option<RowRef<'_>> {
        let page = self.pages.get(id >> BITS)?;
        foresee(page, slot(id));
        self.read(id, row_bytes(page, slot(id))?)
    }

    fn read<'a>(&'a self, id: u64, bytes: &'a [u8]) -> Option<RowRef<'a>> {
        let (row, is_outside) = take(bytes)?;
        if is_outside { Some(RowRef { data: self.outside.get(id)?, ..row }) } else { Some(row) }
    }

    /// Rows with ids above `after`, rising.
    pub fn iter(&self, after: u64) -> impl Iterator<Item = (u64, RowRef<'_>)> {
        let first = after.checked_add(1);
        let pages = first.into_iter().flat_map(|first| {
            let number = first >> BITS;
            let own = self.pages.get(number).map(|page| (number, page));
            own.into_iter().chain(self.pages.iter(number))
        });
        let rows = pages.flat_map(|(number, page)| {
            let ids = (0..SLOTS as u64).map(move |slot| number << BITS | slot);
            ids.filter_map(|id| Some((id, self.read(id, row_bytes(page, slot(id))?)?)))
        });
        rows.skip_while(move |(id, _)| *id <= after)
    }

    /// Sets a row.
    pub fn insert(&mut self, id: u64, row: &Row) {
        let is_outside = row.data.len() > DATA_MAX;
        let mut bytes =
            Vec::with_capacity(64_usize.saturating_add(if is_outside { 0 } else { row.data.len() }));
        put(&mut bytes, row, is_outside);
        self.keep_outside(id, is_outside.then(|| Arc::clone(&row.data)));
        self.change(id, &bytes);
    }

    /// Removes a row, if it is there.
    pub fn remove(&mut self, id: u64) {
        // Nothing is copied for a row that is not there.
        if self.get(id).is_some() {
            self.keep_outside(id, None);
            self.change(id, &[]);
        }
    }

    /// The record that made a row is known now.
    pub fn set_lsn(&mut self, id: u64, lsn: Lsn) {
        let Some(page) = self.pages.get_mut(id >> BITS) else { return };
        let Some((start, _)) = place(page, slot(id)) else { return };
        let own = Arc::make_mut(page).get_mut(start..).and_then(|rest| rest.first_chunk_mut());
        if let Some(own) = own {
            *own = lsn.0.to_le_bytes();
        }
    }

    fn keep_outside(&mut self, id: u64, data: Option<Arc<[u8]>>) {
        let weight = |data: Option<&Arc<[u8]>>| data.map_or(0, |data| data.len().saturating_add(COUNTS));
        self.bytes = self.bytes.saturating_add(weight(data.as_ref()));
        let before = match data {
            Some(data) => self.outside.insert(id, data),
            None => self.outside.remove(id),
        };
        self.bytes = self.bytes.saturating_sub(weight(before.as_ref()));
    }

    /// Sets the bytes of a row; with none it is gone.
    fn change(&mut self, id: u64, row: &[u8]) {
        let (number, slot) = (id >> BITS, slot(id));
        let before = self.pages.get_mut(number);
        let there = before.as_ref().is_some_and(|page| row_bytes(page, slot).is_some());
        self.len = self.len.saturating_add(u64::from(!row.is_empty())).saturating_sub(u64::from(there));
        let Some(page) = before else {
            let page = remade(&[0; HEAD], slot, row);
            self.bytes = self.bytes.saturating_add(page.len()).saturating_add(COUNTS);
            self.pages.insert(number, page);
            return;
        };
        if append(page, slot, row).is_some() {
            return;
        }
        let after = remade(page, slot, row);
        self.bytes = self.bytes.saturating_add(after.len()).saturating_sub(page.len());
        if used(&after) == HEAD {
            self.bytes = self.bytes.saturating_sub(after.len().saturating_add(COUNTS));
            self.pages.remove(number);
        } else {
            *page = after;
        }
    }
}

/// Place of an id in its page.
fn slot(id: u64) -> usize {
    usize::try_from(id).unwrap_or(0) & SLOTS.saturating_sub(1)
}

/// Where the row in a slot ends.
fn end(page: &[u8], slot: usize) -> Option<usize> {
    let ends = page.get(slot.checked_mul(2)?..)?.first_chunk()?;
    HEAD.checked_add(usize::from(u16::from_le_bytes(*ends)))
}

/// Where the row in a slot begins and ends.
fn place(page: &[u8], slot: usize) -> Option<(usize, usize)> {
    let start = slot.checked_sub(1).map_or(Some(HEAD), |before| end(page, before))?;
    Some((start, end(page, slot)?))
}

/// Asks memory for where a row is likely to lie, so that it comes at the same time as the table that says so and not after
/// it. Rows of a page are about equally long, and a full page has no room behind its last.
fn foresee(page: &[u8], slot: usize) {
    let before = page.len().saturating_sub(HEAD).saturating_mul(slot).checked_div(SLOTS);
    let likely = before.unwrap_or(0).saturating_add(HEAD);
    let byte = |at: usize| page.get(at).copied();
    std::hint::black_box((byte(likely), byte(likely.saturating_add(LINE))));
}

/// The bytes of a row; none when there is no such row.
fn row_bytes(page: &[u8], slot: usize) -> Option<&[u8]> {
    let (start, end) = place(page, slot)?;
    page.get(start..end).filter(|bytes| !bytes.is_empty())
}

/// Where the last row ends.
fn used(page: &[u8]) -> usize {
    end(page, SLOTS.saturating_sub(1)).unwrap_or(HEAD)
}

/// Puts a row behind all others of a page that nobody else has, if it belongs there and there is room.
fn append(page: &mut Arc<[u8]>, slot: usize, row: &[u8]) -> Option<()> {
    let (from, _) = place(page, slot)?;
    let to = from.checked_add(row.len())?;
    // The last row has a page made that is just as long.
    if from != used(page) || row.is_empty() || slot == SLOTS.saturating_sub(1) {
        return None;
    }
    let page = Arc::get_mut(page)?;
    page.get_mut(from..to)?.copy_from_slice(row);
    let end = u16::try_from(to.checked_sub(HEAD)?).ok()?.to_le_bytes();
    let ends = page.get_mut(slot.checked_mul(2)?..HEAD)?;
    ends.chunks_exact_mut(2).for_each(|own| own.copy_from_slice(&end));
    Some(())
}

/// The page with another row in that slot.
fn remade(page: &[u8], slot: usize, row: &[u8]) -> Arc<[u8]> {
    let (start, behind) = place(page, slot).unwrap_or((HEAD, HEAD));
    let used = used(page);
    let length = used.saturating_sub(behind.saturating_sub(start)).saturating_add(row.len());
    // Behind the last slot nothing will come.
    let room = if slot == SLOTS.saturating_sub(1) { length } else { length.next_multiple_of(STEP) };
    let mut after = Vec::with_capacity(room);
    for at in 0..SLOTS {
        let before = end(page, at).unwrap_or(HEAD);
        let moved = if at < slot {
            before
        } else {
            before.saturating_sub(behind).saturating_add(start).saturating_add(row.len())
        };
        let end = u16::try_from(moved.saturating_sub(HEAD)).unwrap_or(u16::MAX);
        after.extend_from_slice(&end.to_le_bytes());
    }
    after.extend_from_slice(page.get(HEAD..start).unwrap_or_default());
    after.extend_from_slice(row);
    after.extend_from_slice(page.get(behind..used).unwrap_or_default());
    after.resize(room, 0);
    after.into()
}

/// A row in bytes: its record, what it is, when it was made, its version, when that was made, and its data, if it is not
/// kept outside.
fn put(out: &mut Vec<u8>, row: &Row, is_outside: bool) {
    out.extend_from_slice(&row.lsn.0.to_le_bytes());
    out.push(if row.deleted_at.is_some() { DELETED } else { 0 } | if is_outside { OUTSIDE } else { 0 });
    out.extend_from_slice(&row.created_at.to_le_bytes());
    varint::put(out, row.version);
    varint::put(out, varint::zigzag(row.updated_at.wrapping_sub(row.created_at)));
    if let Some(deleted_at) = row.deleted_at {
        varint::put(out, varint::zigzag(deleted_at.wrapping_sub(row.updated_at)));
    }
    if !is_outside {
        out.extend_from_slice(&row.data);
    }
}

/// What [`put`] wrote, and whether the data is outside.
fn take(bytes: &[u8]) -> Option<(RowRef<'_>, bool)> {
    let (lsn, rest) = bytes.split_first_chunk()?;
    let (&what, rest) = rest.split_first()?;
    let (created_at, rest) = rest.split_first_chunk()?;
    let created_at = i64::from_le_bytes(*created_at);
    let (version, rest) = varint::take(rest)?;
    let (later, mut rest) = varint::take(rest)?;
    let updated_at = created_at.wrapping_add(varint::unzigzag(later));
    let mut deleted_at = None;
    if what & DELETED != 0 {
        let (later, behind) = varint::take(rest)?;
        rest = behind;
        deleted_at = Some(updated_at.wrapping_add(varint::unzigzag(later)));
    }
    let lsn = Lsn(u64::from_le_bytes(*lsn));
    Some((RowRef { version, created_at, updated_at, deleted_at, lsn, data: rest }, what & OUTSIDE != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn any_id() -> impl Strategy<Value = u64> {
        prop_oneof![4 => 1_u64..70, 1 => 1000_u64..1010, 1 => any::<u64>(), 1 => Just(u64::MAX)]
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let length = prop_oneof![8 => 0_usize..80, 1 => Just(DATA_MAX), 1 => Just(DATA_MAX + 1)];
        let times = (any::<i64>(), 0_i64..3, proptest::option::of(any::<i64>()));
        (length, 1_u64..300, times).prop_map(|(length, version, (created_at, later, deleted_at))| Row {
            version,
            created_at,
            updated_at: created_at.wrapping_add(later),
            deleted_at,
            lsn: Lsn(version * 7),
            data: vec![7; length].into(),
        })
    }

    proptest! {
        #[test]
        fn pages_are_a_sorted_map_of_rows(steps in prop::collection::vec((any_id(), proptest::option::weighted(0.7, any_row()), any::<bool>()), 0..150)) {
            let (mut rows, mut model) = (Rows::default(), BTreeMap::<u64, Row>::new());
            let mut kept = Vec::new();
            for (id, row, keep) in steps {
                if keep && kept.len() < 8 {
                    kept.push((rows.clone(), model.clone()));
                }
                if let Some(row) = row {
                    rows.insert(id, &row);
                    model.insert(id, row);
                } else {
                    rows.remove(id);
                    model.remove(&id);
                }
                if keep && let Some(row) = model.get_mut(&id) {
                    row.lsn = Lsn(1);
                    rows.set_lsn(id, Lsn(1));
                }
                prop_assert_eq!(rows.get(id).map(RowRef::to_row), model.get(&id).cloned());
            }
            kept.push((rows, model));
            for (rows, model) in kept {
                prop_assert_eq!(rows.len(), model.len() as u64);
                prop_assert_eq!(rows.bytes() == 0, model.is_empty());
                for after in [0, 3, 31, 32, 1004, u64::MAX] {
                    let found: Vec<_> = rows.iter(after).map(|(id, row)| (id, row.to_row())).collect();
                    let expected = model.iter().filter(|(id, _)| **id > after);
                    prop_assert_eq!(found, expected.map(|(id, row)| (*id, row.clone())).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn a_page_of_the_longest_rows_that_lie_in_it_has_room() {
        let mut rows = Rows::default();
        let row = |id: u64| Row {
            version: u64::MAX,
            created_at: i64::MIN,
            updated_at: i64::MAX,
            deleted_at: Some(i64::MIN),
            lsn: Lsn(id),
            data: vec![1; DATA_MAX].into(),
        };
        (1..100).rev().for_each(|id| rows.insert(id, &row(id)));
        assert!((1..100).all(|id| rows.get(id).map(RowRef::to_row) == Some(row(id))));
    }
}
