//! The catalogue: every vector as a folder with its `vector.toml`, read in the order of ids.
//!
//! Absence: nothing here runs anything or knows the runtime; guards and drivers are names.

pub mod exchange;
pub mod input;
pub mod sources;
pub mod vector;

pub use vector::{By, Claim, Driver, Phase1, Tier, Vector};

use std::path::{Path, PathBuf};

/// A vector and the folder that it was read from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The vector.
    pub vector: Vector,
    /// Its folder.
    pub folder: PathBuf,
}

/// Why the catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A folder or file could not be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A `vector.toml` is malformed.
    #[error("{path}: {error}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: Box<toml::de::Error>,
    },
    /// A `vector.toml` contradicts itself or its place.
    #[error("{path}: {what}")]
    Inconsistent {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The folders of the catalogue and the tier of what lies in them.
const FOLDERS: [(&str, Tier); 5] = [
    ("tier1", Tier::One),
    ("tier2", Tier::Two),
    ("tier3", Tier::Three),
    ("found", Tier::Found),
    ("canary", Tier::Canary),
];

/// All vectors: tier by tier, in the order of their ids.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The vectors.
    pub entries: Vec<Entry>,
}

impl Catalogue {
    /// Reads `audit/vectors` of the repository.
    pub fn load(repository: &Path) -> Result<Self, CatalogueError> {
        let mut entries = Vec::new();
        for (name, tier) in FOLDERS {
            let folder = repository.join("audit/vectors").join(name);
            let mut folders: Vec<PathBuf> = list(&folder)?;
            folders.sort();
            for folder in folders {
                entries.push(read(folder, tier)?);
            }
        }
        Ok(Self { entries })
    }

    /// The vector of that id.
    pub fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.vector.id.eq_ignore_ascii_case(id))
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    let at = |error| CatalogueError::Read { path: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        found.push(entry.map_err(at)?.path());
    }
    found.retain(|path| path.is_dir());
    Ok(found)
}

fn read(folder: PathBuf, tier: Tier) -> Result<Entry, CatalogueError> {
    let path = folder.join("vector.toml");
    let text =
        std::fs::read_to_string(&path).map_err(|error| CatalogueError::Read { path: path.clone(), error })?;
    let vector: Vector = toml::from_str(&text)
        .map_err(|error| CatalogueError::Parse { path: path.clone(), error: Box::new(error) })?;
    match fault(&vector, &folder, tier) {
        Some(what) => Err(CatalogueError::Inconsistent { path, what }),
        None => Ok(Entry { vector, folder }),
    }
}

/// What in a vector contradicts the rest of it.
fn fault(vector: &Vector, folder: &Path, tier: Tier) -> Option<String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if !name.starts_with(&format!("{}-", vector.id)) {
        return Some(format!("the folder's name must begin with the id {}", vector.id));
    }
    if vector.tier != tier {
        return Some(format!("tier {} stands in the folder of tier {tier}", vector.tier));
    }
    let counted = matches!(tier, Tier::One | Tier::Two | Tier::Three);
    if counted != vector.phase1.is_some() {
        return Some("exactly the vectors of tiers 1 to 3 have a phase1".to_owned());
    }
    if (vector.driver == Driver::Target) == vector.artifact.is_empty() {
        return Some("exactly the driver `target` replays artifacts".to_owned());
    }
    // What is open has no guard yet.
    if vector.status != Claim::Fixed || tier == Tier::Canary {
        return None;
    }
    let Some(without) = &vector.without else {
        return Some("an encoded vector says what must be seen without its guard".to_owned());
    };
    if without.by == By::Absent && without.counter_model.is_none() {
        return Some("what is proved by absence alone has a counter-model".to_owned());
    }
    if without.by != By::Absent && vector.guards.is_empty() {
        return Some("no guard is named".to_owned());
    }
    if without.outcome.is_empty() && without.not_load_bearing.is_none() {
        return Some("without.outcome is empty".to_owned());
    }
    None
}

#[cfg(test)]
mod tests;
