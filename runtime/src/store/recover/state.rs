//! Into a state and out of it.

use super::Target;
use crate::record::Which;
use crate::store::disk::DiskError;
use crate::store::format::Fault;
use crate::store::schema::Catalogue;
use crate::store::snapshot::Writer;
use crate::store::state::State;
use crate::store::{Row, RowEffect, TypeId};
use std::io;

const UNKNOWN: Fault = Fault::Misfit("a row of an entity that the catalogue does not have");

impl Target for State {
    fn take_catalogue(&mut self, encoded: &[u8]) -> Result<(), Fault> {
        self.set_catalogue(Catalogue::decode(encoded)?);
        Ok(())
    }

    fn take_next_id(&mut self, ty: TypeId, next: u64) -> Result<(), Fault> {
        self.catalogue().entity(ty).ok_or(UNKNOWN)?;
        self.raise_next_id(ty, next);
        Ok(())
    }

    fn take_row(&mut self, ty: TypeId, id: u64, row: Row) -> Result<(), Fault> {
        self.apply(&RowEffect::Put { ty, id, row, before: None }).then_some(()).ok_or(UNKNOWN)
    }

    fn take_effect(&mut self, effect: RowEffect) -> Result<(), Fault> {
        self.apply(&effect).then_some(()).ok_or(UNKNOWN)
    }
}

impl Writer {
    /// All of a state.
    pub fn state(&mut self, state: &State) -> Result<(), DiskError> {
        let catalogue = state.catalogue();
        let encoded = catalogue.encode().map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault));
        self.catalogue(&encoded.map_err(DiskError::at("catalogue", "write"))?)?;
        let types = || (0..).map(TypeId).take(catalogue.entities.len());
        types().try_for_each(|ty| self.next_id(ty, state.next_id(ty)))?;
        types()
            .try_for_each(|ty| state.scan(ty, Which::All, 0).try_for_each(|(id, row)| self.row(ty, id, row)))
    }
}
