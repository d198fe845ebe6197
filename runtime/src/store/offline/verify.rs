//! What no recovery looks at: whether each older version can be found, and each reference leads somewhere.

use super::records::hand_out;
use super::{Finding, Found, Lost, OfflineError};
use crate::record::{FieldType, Reader, Token, Which};
use crate::store::archive::{self, Extent, Version};
use crate::store::disk::Disk;
use crate::store::format::Window;
use crate::store::schema::field;
use crate::store::{FieldId, Lsn, RowRef, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;

/// Rows with older versions: the last one that was replaced, by the record that did, and the version that came then.
#[derive(Debug, Default)]
pub struct Chains(HashMap<(TypeId, u64), (Lsn, u64)>);

impl Chains {
    /// Can the version before `row` be found?
    pub fn reach(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> bool {
        row.version <= 1 || row.lsn == Lsn::NONE || self.0.get(&(ty, id)) == Some(&(row.lsn, row.version))
    }

    /// A version was found; they come in the order in which they were replaced.
    pub fn found(&mut self, ty: TypeId, id: u64, replaced: (Lsn, u64)) {
        self.0.insert((ty, id), replaced);
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

impl Found {
    /// Looks at what a recovery does not: adds to the findings, and counts the older versions. Of a damaged store those of
    /// rows that are not there are handed out.
    pub fn verify(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Versions, OfflineError> {
        let (mut chains, mut counts, mut findings) = (Chains::default(), Versions::default(), Vec::new());
        let mut broken = Vec::new();
        let is_damaged = !self.findings.is_empty();
        let lost = RefCell::new(lost);
        let hand_over = |version: &Version| {
            lost.borrow_mut().version(version, self.state.catalogue()).map_err(OfflineError::Lost)
        };
        let mut gap = |finding, window: &mut Window<'_>, gap| {
            findings.push(finding);
            hand_out(window, gap, &mut **lost.borrow_mut())
        };
        self.versions(
            disk,
            &mut |version| {
                counts.all = counts.all.saturating_add(1);
                let (ty, id) = (version.ty, version.id);
                if self.state.find(ty, id).is_none() {
                    counts.unreachable = counts.unreachable.saturating_add(1);
                    if is_damaged {
                        hand_over(&version)?;
                    }
                } else if !chains.reach(ty, id, version.row.view()) {
                    broken.push((ty, id, version.row.version));
                }
                chains.found(ty, id, (version.lsn, version.next));
                Ok(())
            },
            &mut gap,
        )?;
        if is_damaged && self.snapshot.is_none() {
            // Nothing says how far an archive counts.
            for generation in self.names.iter().filter_map(|name| archive::generation_of(name)) {
                let whole = Extent { generation, length: u64::MAX };
                self.archived(disk, whole, &mut |version| hand_over(&version), &mut gap)?;
            }
        }
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                if !chains.reach(at, id, row) {
                    broken.push((at, id, row.version));
                }
                findings.extend(self.dangling(at, id, row));
            }
        }
        let name = |ty| self.state.catalogue().name(ty);
        let broken = broken.into_iter();
        findings.extend(broken.map(|(ty, id, version)| Finding::History { entity: name(ty), id, version }));
        self.findings.extend(findings);
        Ok(counts)
    }

    /// The first reference of a live row to one that is not there.
    fn dangling(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Option<Finding> {
        let catalogue = self.state.catalogue();
        let entity = catalogue.entity(ty).filter(|_| row.deleted_at.is_none())?;
        entity.fields.iter().zip(0..).find_map(|(stored, at)| {
            let target = TypeId(referred(&stored.ty)?);
            let mut reader = Reader::new(field(row.data, FieldId(at))?);
            let mut gone = None;
            while let Ok(Some(token)) = reader.token() {
                if let Token::Reference(to) = token {
                    let live = self.state.find(target, to).is_some_and(|row| row.deleted_at.is_none());
                    gone = gone.or((!live).then_some(to));
                }
            }
            let (entity, field, target) = (entity.name.clone(), stored.name.clone(), catalogue.name(target));
            gone.map(|to| Finding::Reference { entity, id, field, target, to })
        })
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
