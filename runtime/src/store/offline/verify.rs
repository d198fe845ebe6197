//! What no recovery looks at: whether each older version can be found, and each reference leads somewhere.

use super::salvage::Visitor;
use super::{Finding, Found, Lost, OfflineError};
use crate::record::{FieldType, Which};
use crate::store::archive::Version;
use crate::store::disk::Disk;
use crate::store::schema::{StoredEntity, each_reference, field};
use crate::store::{FieldId, Lsn, RowRef, TypeId};
use std::collections::{BTreeMap, HashMap};

/// Where histories end before their first version: what came before that version cannot be found.
#[derive(Debug, Default)]
pub struct Ends(HashMap<(TypeId, u64), u64>);

impl Ends {
    /// Does a history end with this version of a row?
    pub fn is_at(&self, ty: TypeId, id: u64, version: u64) -> bool {
        self.0.get(&(ty, id)) == Some(&version)
    }

    /// Does it end before it comes to this version?
    pub fn is_behind(&self, ty: TypeId, id: u64, version: u64) -> bool {
        self.0.get(&(ty, id)).is_some_and(|last| version < *last)
    }
}

/// How many older versions there are, and how many of them belong to rows that are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// All.
    pub all: u64,
    /// Those that nobody reaches; compacting drops them.
    pub unreachable: u64,
}

/// The highest id of each entity that is seen.
#[derive(Debug, Default)]
pub(super) struct Highest(BTreeMap<TypeId, u64>);

impl Highest {
    pub fn see(&mut self, ty: TypeId, id: u64) {
        let highest = self.0.entry(ty).or_default();
        *highest = id.max(*highest);
    }
}

/// A store that was looked through.
#[derive(Debug, Default)]
pub struct Verified {
    /// Its older versions.
    pub versions: Versions,
    pub(super) ends: Ends,
}

/// Follows the history of each row.
pub(super) struct Histories<'a> {
    found: &'a Found,
    lost: &'a mut dyn Lost,
    findings: Vec<Finding>,
    highest: Highest,
    /// The last version of a row that was replaced, by the record that did, and the version that came then.
    replaced: HashMap<(TypeId, u64), (Lsn, u64)>,
    pub ends: Ends,
}

impl Histories<'_> {
    fn row(&mut self, ty: TypeId, id: u64, row: RowRef<'_>) {
        let is_first = row.version <= 1;
        let is_cut = row.lsn == Lsn::NONE;
        if is_first || (!is_cut && self.replaced.get(&(ty, id)) == Some(&(row.lsn, row.version))) {
            return;
        }
        self.ends.0.insert((ty, id), row.version);
        // A repair cut it, and said so.
        if !is_cut {
            let entity = self.found.state.catalogue().name(ty);
            self.findings.push(Finding::History { entity, id, version: row.version });
        }
    }
}

impl Visitor for Histories<'_> {
    fn version(&mut self, version: Version) -> Result<(), OfflineError> {
        let (ty, id) = (version.ty, version.id);
        self.highest.see(ty, id);
        if self.found.state.find(ty, id).is_some() {
            self.row(ty, id, version.row.view());
            self.replaced.insert((ty, id), (version.lsn, version.next));
        }
        Ok(())
    }

    fn gap(&mut self, finding: Finding) -> Option<&mut dyn Lost> {
        self.findings.push(finding);
        Some(self.lost)
    }
}

/// Counts versions, and hands out those that a repair drops.
struct Count<'a> {
    found: &'a Found,
    lost: &'a mut dyn Lost,
    is_damaged: bool,
    ends: &'a Ends,
    counts: Versions,
}

impl Visitor for Count<'_> {
    fn version(&mut self, version: Version) -> Result<(), OfflineError> {
        self.counts.all = self.counts.all.saturating_add(1);
        let (ty, id, state) = (version.ty, version.id, &self.found.state);
        if state.find(ty, id).is_some() && !self.ends.is_behind(ty, id, version.row.version) {
            return Ok(());
        }
        self.counts.unreachable = self.counts.unreachable.saturating_add(1);
        if self.is_damaged {
            self.lost.version(&version, state.catalogue()).map_err(OfflineError::Lost)?;
        }
        Ok(())
    }
}

impl Found {
    /// Looks at what a recovery does not: adds to the findings, and counts the older versions. Of a damaged store those
    /// that nobody will reach are handed out. Its next ids may be in the damage, and so may rows: no id that anything
    /// tells of is given again.
    pub fn verify(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Verified, OfflineError> {
        let Histories { mut findings, mut highest, ends, .. } = self.histories(disk, lost)?;
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                findings.extend(self.references((at, id), row, &mut highest));
            }
        }
        self.findings.extend(findings);
        let is_damaged = !self.findings.is_empty();
        if is_damaged {
            for (ty, id) in highest.0.into_iter().chain(std::mem::take(&mut self.highest).0) {
                self.state.raise_next_id(ty, id.saturating_add(1));
            }
        }
        let mut count = Count { found: self, lost, is_damaged, ends: &ends, counts: Versions::default() };
        self.versions(disk, &mut count)?;
        let versions = count.counts;
        Ok(Verified { versions, ends })
    }

    /// Where histories end too early, and what is wrong with the archive.
    pub(super) fn histories<'a>(
        &'a self,
        disk: &dyn Disk,
        lost: &'a mut dyn Lost,
    ) -> Result<Histories<'a>, OfflineError> {
        let mut histories = Histories {
            found: self,
            lost,
            highest: Highest::default(),
            replaced: HashMap::new(),
            ends: Ends::default(),
            findings: Vec::new(),
        };
        self.versions(disk, &mut histories)?;
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                histories.row(at, id, row);
            }
        }
        Ok(histories)
    }

    /// Sees all that a row refers to; gives the first that is not there, if the row is live.
    fn references(&self, (ty, id): (TypeId, u64), row: RowRef<'_>, highest: &mut Highest) -> Option<Finding> {
        let catalogue = self.state.catalogue();
        let entity = catalogue.entity(ty)?;
        let mut gone = None;
        for (at, target) in referring(entity) {
            each_reference(field(row.data, at).unwrap_or_default(), &mut |to| {
                highest.see(target, to);
                let is_there = self.state.find(target, to).is_some_and(|row| row.deleted_at.is_none());
                gone = gone.or((!is_there).then_some((at, target, to)));
            });
        }
        let (at, target, to) = gone.filter(|_| row.deleted_at.is_none())?;
        let (entity, field) = (entity.name.clone(), catalogue.field(ty, at)?.name.clone());
        Some(Finding::Reference { entity, id, field, target: catalogue.name(target), to })
    }
}

/// The fields that refer to entities, each with its target.
fn referring(entity: &StoredEntity) -> impl Iterator<Item = (FieldId, TypeId)> {
    let fields = (0..).map(FieldId).zip(&entity.fields);
    fields.filter_map(|(id, stored)| Some((id, TypeId(referred(&stored.ty)?))))
}

fn referred(ty: &FieldType) -> Option<u32> {
    match ty {
        FieldType::Reference(to) => Some(*to),
        FieldType::List(inner) => referred(inner),
        FieldType::Int
        | FieldType::Number
        | FieldType::Text
        | FieldType::Bool
        | FieldType::Time
        | FieldType::Enum(_)
        | FieldType::AnyList
        | FieldType::AnyMap
        | FieldType::Any => None,
    }
}
