//! The file that a repair writes what it drops to: JSON, a line for each transaction, version or piece of bytes.

use super::json;
use crate::store::archive::Version;
use crate::store::offline::{Later, Lost};
use crate::store::schema::Catalogue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// See the module. It is made by the first thing that is dropped.
pub struct DroppedFile {
    place: PathBuf,
    file: Option<BufWriter<File>>,
    lines: u64,
}

impl DroppedFile {
    /// There, where nothing may be yet.
    pub const fn new(place: PathBuf) -> Self {
        Self { place, file: None, lines: 0 }
    }

    /// The first free `dropped-N.jsonl` in a folder.
    pub fn free_in(folder: &Path) -> Self {
        let place =
            (1_u32..10_000).map(|n| folder.join(format!("dropped-{n}.jsonl"))).find(|place| !place.exists());
        Self::new(place.unwrap_or_else(|| folder.join("dropped.jsonl")))
    }

    /// Makes it durable; gives where it is and how many lines it has, if anything was dropped.
    pub fn finish(self) -> io::Result<Option<(PathBuf, u64)>> {
        let Some(file) = self.file else { return Ok(None) };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let parent = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(Some((self.place, self.lines)))
    }

    /// Nothing was changed: what was begun is of no use.
    pub fn discard(self) {
        if self.file.is_some() {
            // That it cannot be removed either does not matter beside the error that is told.
            let _ = std::fs::remove_file(&self.place);
        }
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.place.display()));
            let file = File::create_new(&self.place).map_err(named)?;
            self.file.insert(BufWriter::new(file))
        };
        self.lines = self.lines.saturating_add(1);
        writeln!(file, "{value}")
    }
}

impl Lost for DroppedFile {
    fn bytes(&mut self, file: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.line(&json!({ "file": file, "offset": offset, "bytes": STANDARD.encode(bytes) }))
    }

    fn transaction(&mut self, transaction: &Later<'_>) -> io::Result<()> {
        let Later { file, offset, sequence, effects, catalogue } = transaction;
        let changes: Value = effects.iter().map(|effect| json::effect(catalogue, effect)).collect();
        self.line(&json!({ "file": file, "offset": offset, "transaction": sequence, "changes": changes }))
    }

    fn version(&mut self, version: &Version, catalogue: &Catalogue) -> io::Result<()> {
        self.line(&json!({ "older": json::row(catalogue, version.ty, version.id, version.row.view()) }))
    }
}
