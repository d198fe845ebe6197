//! Between files and a state: what is recovered becomes one, and a checkpoint writes one.

use super::checkpoint::{Done, Job};
use crate::record::Schema;
use crate::store::archive::Archive;
use crate::store::disk::Disk;
use crate::store::format::FileError;
use crate::store::schema::SchemaError;
use crate::store::snapshot;
use crate::store::state::State;
use std::sync::Arc;

/// The state for a program of that schema, and the catalogue's bytes if the program has added to it: the next record is
/// to say so.
pub fn bind(state: &State, schema: &Schema) -> Result<(State, Option<Arc<[u8]>>), SchemaError> {
    let bound = state.bind(schema)?;
    let grown = bound.catalogue() != state.catalogue();
    let encoded = grown.then(|| bound.catalogue().encode().map_err(|_| SchemaError::Schema)).transpose()?;
    Ok((bound, encoded.map(Arc::from)))
}

impl Job {
    /// Writes the checkpoint, and publishes the archive that it has; when this comes back it is durable and what it replaces can be used again. The archive
    /// comes first, and what it replaces goes last, so that a crash at any point leaves one that is whole (W8).
    pub fn write(self, disk: &dyn Disk, publish: impl FnOnce(Arc<Archive>)) -> Result<Done, FileError> {
        let Self { state, archive, cut } = self;
        let archive = archive.extend(disk, &cut, &|ty, id| state.find(ty, id).is_some())?;
        snapshot::write(disk, &cut, &archive, |out| out.state(&state))?;
        let generation = archive.extent().generation;
        // Before the segments go: whoever finds one gone looks there.
        publish(Arc::new(archive));
        // The checkpoint stands, whether or not that works; what is left over, the next one removes.
        match snapshot::replace(disk, &cut, generation) {
            Ok(spares) => Ok(Done { cut, spares, left_over: None }),
            Err(error) => Ok(Done { cut, spares: Vec::new(), left_over: Some(error) }),
        }
    }
}
