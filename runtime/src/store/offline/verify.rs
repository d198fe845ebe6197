//! What no recovery looks at: whether each older version can be found, and each reference leads somewhere.

use super::records::hand_out;
use super::salvage::Visitor;
use super::{Finding, Found, Lost, OfflineError};
use crate::record::{FieldType, Reader, Token, Which};
use crate::store::archive::Version;
use crate::store::disk::Disk;
use crate::store::format::Window;
use crate::store::schema::{StoredEntity, field};
use crate::store::{FieldId, Lsn, RowRef, TypeId};
use std::collections::HashMap;

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

/// Follows the history of each row.
struct Histories<'a> {
    found: &'a Found,
    lost: &'a mut dyn Lost,
    /// The last version of a row that was replaced, by the record that did, and the version that came then.
    replaced: HashMap<(TypeId, u64), (Lsn, u64)>,
    ends: Ends,
    findings: Vec<Finding>,
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
        if self.found.state.find(ty, id).is_some() {
            self.row(ty, id, version.row.view());
            self.replaced.insert((ty, id), (version.lsn, version.next));
        }
        Ok(())
    }

    fn gap(
        &mut self,
        finding: Finding,
        window: &mut Window<'_>,
        gap: (u64, u64),
    ) -> Result<(), OfflineError> {
        self.findings.push(finding);
        hand_out(window, gap, self.lost)
    }
}

/// Counts versions, and hands out those that a repair drops.
struct Count<'a> {
    found: &'a Found,
    lost: &'a mut dyn Lost,
    is_damaged: bool,
    ends: Ends,
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

    fn gap(&mut self, _: Finding, _: &mut Window<'_>, _: (u64, u64)) -> Result<(), OfflineError> {
        Ok(())
    }
}

impl Found {
    /// Looks at what a recovery does not: adds to the findings, and counts the older versions. Of a damaged store those
    /// that nobody will reach are handed out.
    pub fn verify(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Versions, OfflineError> {
        let (ends, mut findings) = self.histories(disk, lost)?;
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                findings.extend(self.dangling(at, id, row));
            }
        }
        self.findings.extend(findings);
        let is_damaged = !self.findings.is_empty();
        let mut count = Count { found: self, lost, is_damaged, ends, counts: Versions::default() };
        self.versions(disk, &mut count)?;
        Ok(count.counts)
    }

    /// Where histories end too early, and what is wrong with the archive.
    pub(super) fn histories(
        &self,
        disk: &dyn Disk,
        lost: &mut dyn Lost,
    ) -> Result<(Ends, Vec<Finding>), OfflineError> {
        let (replaced, ends, findings) = (HashMap::new(), Ends::default(), Vec::new());
        let mut histories = Histories { found: self, lost, replaced, ends, findings };
        self.versions(disk, &mut histories)?;
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                histories.row(at, id, row);
            }
        }
        Ok((histories.ends, histories.findings))
    }

    /// The first reference of a live row to one that is not there.
    fn dangling(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Option<Finding> {
        let catalogue = self.state.catalogue();
        let entity = catalogue.entity(ty).filter(|_| row.deleted_at.is_none())?;
        referring(entity).find_map(|(field, target)| {
            let mut gone = None;
            each_target(row.data, field, &mut |to| {
                let live = self.state.find(target, to).is_some_and(|row| row.deleted_at.is_none());
                gone = gone.or((!live).then_some(to));
            });
            let (entity, field) = (entity.name.clone(), catalogue.field(ty, field)?.name.clone());
            gone.map(|to| Finding::Reference { entity, id, field, target: catalogue.name(target), to })
        })
    }
}

/// The fields that refer to entities, each with its target.
pub(super) fn referring(entity: &StoredEntity) -> impl Iterator<Item = (FieldId, TypeId)> {
    let fields = (0..).map(FieldId).zip(&entity.fields);
    fields.filter_map(|(id, stored)| Some((id, TypeId(referred(&stored.ty)?))))
}

/// The ids that a field of a row refers to.
pub(super) fn each_target(data: &[u8], id: FieldId, each: &mut dyn FnMut(u64)) {
    let mut reader = Reader::new(field(data, id).unwrap_or_default());
    while let Ok(Some(token)) = reader.token() {
        if let Token::Reference(to) = token {
            each(to);
        }
    }
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
