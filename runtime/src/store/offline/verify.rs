//! What no recovery looks at: whether each older version can be found, and each reference leads somewhere.

use super::records::hand_out;
use super::salvage::Visitor;
use super::{Finding, Found, Lost, OfflineError};
use crate::record::{FieldType, Reader, Token, Which};
use crate::store::archive::Version;
use crate::store::disk::Disk;
use crate::store::format::Window;
use crate::store::schema::field;
use crate::store::{FieldId, Lsn, RowRef, TypeId};
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

/// Looks at each version, and hands out what a repair would drop.
struct Check<'a> {
    found: &'a Found,
    lost: &'a mut dyn Lost,
    chains: Chains,
    counts: Versions,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn row(&mut self, ty: TypeId, id: u64, row: RowRef<'_>) {
        if !self.chains.reach(ty, id, row) {
            let entity = self.found.state.catalogue().name(ty);
            self.findings.push(Finding::History { entity, id, version: row.version });
        }
    }
}

impl Visitor for Check<'_> {
    fn version(&mut self, version: Version) -> Result<(), OfflineError> {
        self.counts.all = self.counts.all.saturating_add(1);
        let (ty, id, state) = (version.ty, version.id, &self.found.state);
        if state.find(ty, id).is_some() {
            self.row(ty, id, version.row.view());
        } else {
            self.counts.unreachable = self.counts.unreachable.saturating_add(1);
            if !self.found.findings.is_empty() {
                self.lost.version(&version, state.catalogue()).map_err(OfflineError::Lost)?;
            }
        }
        self.chains.found(ty, id, (version.lsn, version.next));
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

impl Found {
    /// Looks at what a recovery does not: adds to the findings, and counts the older versions. Of a damaged store those of
    /// rows that are not there are handed out.
    pub fn verify(&mut self, disk: &dyn Disk, lost: &mut dyn Lost) -> Result<Versions, OfflineError> {
        let (chains, counts, findings) = (Chains::default(), Versions::default(), Vec::new());
        let mut check = Check { found: self, lost, chains, counts, findings };
        self.versions(disk, &mut check)?;
        for (at, _) in (0..).map(TypeId).zip(&self.state.catalogue().entities) {
            for (id, row) in self.state.scan(at, Which::All, 0) {
                check.row(at, id, row);
                check.findings.extend(self.dangling(at, id, row));
            }
        }
        let Check { counts, findings, .. } = check;
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
