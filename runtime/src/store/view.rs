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
        declared(&self.state, entity)
    }

    /// A row as the program sees it.
    pub fn row(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Result<record::Row, Refusal> {
        reported(&self.state, (ty, id), row)
    }

    /// The same without its data; none when the program does not know the entity.
    pub fn outline(&self, ty: TypeId, id: u64, row: RowRef<'_>) -> Option<record::Row> {
        Some(with_data(self.state.binding().index(ty)?, id, row, Arc::from([])))
    }
}

/// An entity by the program's index. Reads of current rows need a state alone: that is one count less to keep for each
/// part of a view.
pub(super) fn declared(state: &State, entity: u32) -> Result<&Bound, Refusal> {
    state.binding().entity(entity).ok_or_else(|| unavailable(format!("the program has no entity {entity}")))
}

/// A row as the program sees it.
pub(super) fn reported(
    state: &State,
    (ty, id): (TypeId, u64),
    row: RowRef<'_>,
) -> Result<record::Row, Refusal> {
    let binding = state.binding();
    let unknown = || unavailable("the program does not know the entity");
    let bound = binding.of_type(ty).ok_or_else(unknown)?;
    let data = binding.declared(bound, row.data);
    let data = data.map_err(|error| unavailable(format!("{} {id} is damaged: {error}", bound.name)))?;
    Ok(with_data(binding.index(ty).ok_or_else(unknown)?, id, row, data))
}

fn with_data(entity: u32, id: u64, row: RowRef<'_>, data: Arc<[u8]>) -> record::Row {
    record::Row {
        given: Given { entity, id },
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        deleted_at: row.deleted_at,
        valid_to: None,
        data,
    }
}
