//! The panic surface: the exceptions from the runtime's restriction lints, each with its reason, counted by module.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Exceptions in one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Module {
    /// The layer.
    pub name: String,
    /// How many exceptions it has.
    pub exceptions: usize,
}

/// All exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Surface {
    /// In total.
    pub exceptions: usize,
    /// By layer, in the order of names.
    pub modules: Vec<Module>,
}

/// Lints whose exception leaves a way to panic.
const PANICKING: [&str; 8] = [
    "unwrap_used",
    "expect_used",
    "clippy::panic",
    "unreachable",
    "indexing_slicing",
    "string_slice",
    "get_unwrap",
    "arithmetic_side_effects",
];

impl Surface {
    /// Counts in the runtime's sources.
    pub fn read(repository: &Path) -> Self {
        let mut counts = BTreeMap::new();
        count(&repository.join("runtime/src"), None, &mut counts);
        let modules: Vec<Module> =
            counts.into_iter().map(|(name, exceptions)| Module { name, exceptions }).collect();
        Self { exceptions: modules.iter().map(|module| module.exceptions).sum(), modules }
    }
}

fn count(folder: &Path, layer: Option<&str>, counts: &mut BTreeMap<String, usize>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let layer = layer.unwrap_or(&stem);
        if path.is_dir() {
            count(&path, Some(layer), counts);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let found = exceptions(&text);
            if found > 0 {
                *counts.entry(layer.to_owned()).or_default() += found;
            }
        }
    }
}

/// An attribute may span lines; it ends at its closing bracket.
fn exceptions(text: &str) -> usize {
    let attributes = text.split("#[expect(").skip(1).chain(text.split("#![expect(").skip(1));
    let heads = attributes.map(|rest| rest.split("reason").next().unwrap_or_default());
    heads.filter(|head| PANICKING.iter().any(|lint| head.contains(lint))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exceptions_that_can_panic_count() {
        let text = "#[expect(clippy::indexing_slicing, reason = \"masked\")]\n#[expect(\n    clippy::cast_sign_loss,\n    reason = \"x\")]\n#[expect(clippy::unwrap_used, reason = \"y\")]";
        assert_eq!(exceptions(text), 2);
    }
}
