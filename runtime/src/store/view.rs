//! A moment of the store: what one reader sees, whatever is written meanwhile.

use super::archive::Archive;
use super::commit::unavailable;
use super::disk::Disk;
use super::schema::{Bound, Catalogue, SchemaError};
use super::state::State;
use super::{RowRef, TypeId};
use crate::record::{self, Given, Refusal, Schema};
use std::sync::Arc;

/// See the module. A clone is some reference counts.
#[derive(Clone, Debug)]
pub struct View {
    /// Rows and indexes.
    pub state: Arc<State>,
    /// Where older versions are; none where nothing was ever saved.
    pub(super) files: Option<(Arc<dyn Disk>, Arc<Archive>)>,
}

impl View {
    /// Of a store in which nothing was ever saved.
    pub fn empty(schema: &Schema) -> Result<Self, SchemaError> {
        let state = State::new(Catalogue::default()).bind(schema)?;
        Ok(Self { state: Arc::new(state), files: None })
    }

    /// An entity by the program's index.
    pub fn entity(&self, entity: u32) -> Result<&Bound, Refusal> {
        self.state
            .binding()
            .entity(entity)
            .ok_or_else(|| unavailable(format!("the program has no entity {entity}")))
    }

    /// A row as the program sees it.
    pub fn row(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Result<record::Row, Refusal> {
        let bound = self
            .state
            .binding()
            .of_type(ty)
            .ok_or_else(|| unavailable("the program does not know the entity"))?;
        let declared = self.state.binding().declared(bound, row.data);
        let data =
            declared.map_err(|error| unavailable(format!("{} {id} is damaged: {error}", bound.name)))?;
        self.reported(ty, id, row, data).ok_or_else(|| unavailable("the program does not know the entity"))
    }

    /// The same without its data; none when the program does not know the entity.
    pub fn outline(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Option<record::Row> {
        self.reported(ty, id, row, Arc::from([]))
    }

    fn reported(&self, ty: TypeId, id: u64, row: RowRef<'_>, data: Arc<[u8]>) -> Option<record::Row> {
        Some(record::Row {
            given: Given { entity: self.state.binding().index(ty)?, id },
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            valid_to: None,
            data,
        })
    }
}
