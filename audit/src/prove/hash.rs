//! What a proof rests on, as one number: the case, its driver, the toolchain, the libraries and the layers it reaches.

use super::ProofError;
use crate::catalogue::{Driver, Entry, Vector};
use crate::drivers::sweep;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Hashes the proofs of one repository, reading what they share once.
#[derive(Clone, Debug)]
pub struct Hasher {
    shared: [u8; 32],
    repository: PathBuf,
}

/// The runtime's layers that programs and bytecode reach: all of a script's journey.
const LAYERS: [&str; 11] =
    ["base", "value", "record", "syntax", "check", "code", "compile", "vm", "natives", "app", "config"];

/// What a case reaches besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Reach {
    /// Sources below `audit/src/drivers` that bring it there.
    drivers: &'static [&'static str],
    /// Layers of the runtime.
    layers: &'static [&'static str],
}

/// The layers of a server.
const SERVER: [&str; 4] = ["store", "server", "cron", "admin"];
/// A sweep that starts a server.
const SERVED: Reach = Reach { drivers: &["served"], layers: &SERVER };

const fn reach_of(driver: Driver) -> Reach {
    match driver {
        Driver::Program | Driver::Scenario => {
            Reach { drivers: &["engine", "lab", "program", "sweep"], layers: &[] }
        }
        Driver::Bytecode => Reach { drivers: &["engine", "program", "bytecode"], layers: &[] },
        Driver::Http | Driver::Socket => Reach { drivers: &["engine", "http"], layers: &SERVER },
        Driver::Target => Reach { drivers: &["target"], layers: &[] },
        Driver::Store => Reach { drivers: &["engine", "program", "store", "kill"], layers: &["store"] },
    }
}

/// All that a vector's case reaches.
fn reaches(vector: &Vector) -> BTreeSet<Reach> {
    let mut reaches = BTreeSet::from([reach_of(vector.driver)]);
    if !vector.exchange.is_empty() {
        reaches.insert(reach_of(Driver::Http));
    }
    if vector.sweep.iter().any(|sweep| sweep::is_served(&sweep.name)) {
        reaches.insert(SERVED);
    }
    reaches
}

impl Hasher {
    /// Reads what all proofs share.
    pub fn new(repository: &Path) -> Result<Self, ProofError> {
        let mut hash = Sha256::new();
        hash.update(toolchain());
        hash.update(libraries(&read(&repository.join("Cargo.lock"))?));
        let runtime = repository.join("runtime/src");
        for layer in LAYERS {
            hash_layer(&mut hash, &runtime.join(layer), repository)?;
        }
        Ok(Self { shared: hash.finalize().into(), repository: repository.to_owned() })
    }

    /// The hash of one vector's proof.
    pub fn of(&self, entry: &Entry) -> Result<String, ProofError> {
        let mut hash = Sha256::new();
        hash.update(self.shared);
        hash_folder(&mut hash, &entry.folder, &self.repository)?;
        let sources = self.repository.join("audit/src");
        hash_file(&mut hash, &sources.join("drivers.rs"), &self.repository)?;
        for reach in reaches(&entry.vector) {
            for driver in reach.drivers {
                hash_layer(&mut hash, &sources.join("drivers").join(driver), &self.repository)?;
            }
            for layer in reach.layers {
                hash_layer(&mut hash, &self.repository.join("runtime/src").join(layer), &self.repository)?;
            }
        }
        if let Some(model) = entry.vector.without.as_ref().and_then(|without| without.counter_model.as_ref())
        {
            let path =
                sources.join("prove/counter_models").join(model.replace('-', "_")).with_extension("rs");
            hash_file(&mut hash, &path, &self.repository)?;
        }
        let mut text = String::new();
        for byte in &hash.finalize()[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }
}

/// `rustc --version`; unknown where there is none, which then differs from where there is one.
fn toolchain() -> Vec<u8> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default()
}

/// The parts of the lock file that the runtime reaches: name, version and checksum of each.
fn libraries(lock: &[u8]) -> String {
    let lock: toml::Table =
        std::str::from_utf8(lock).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
    let packages: Vec<&toml::Table> = lock
        .get("package")
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
        .filter_map(|p| p.as_table())
        .collect();
    let text = |package: &toml::Table, key: &str| {
        package.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    };
    let mut reached = BTreeSet::new();
    let mut todo = vec!["runtime".to_owned()];
    while let Some(wanted) = todo.pop() {
        // A dependency is written as "name" or "name version"; all versions of a name are taken, which errs on the safe side.
        let name = wanted.split(' ').next().unwrap_or_default();
        for package in packages.iter().filter(|package| text(package, "name") == name) {
            let id = (text(package, "name"), text(package, "version"), text(package, "checksum"));
            if reached.insert(id) {
                let dependencies = package.get("dependencies").and_then(|list| list.as_array());
                todo.extend(dependencies.into_iter().flatten().filter_map(|d| d.as_str()).map(str::to_owned));
            }
        }
    }
    reached.into_iter().fold(String::new(), |mut all, (name, version, checksum)| {
        let _ = writeln!(all, "{name} {version} {checksum}");
        all
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ProofError> {
    std::fs::read(path).map_err(|error| ProofError::Read { path: path.to_owned(), error })
}

/// Name and content; a file that is not there hashes as its absence.
fn hash_file(hash: &mut Sha256, path: &Path, repository: &Path) -> Result<(), ProofError> {
    if path.is_file() {
        let content = read(path)?;
        hash.update(path.strip_prefix(repository).unwrap_or(path).as_os_str().as_encoded_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(&content);
    }
    Ok(())
}

/// A module: its file and its folder.
fn hash_layer(hash: &mut Sha256, path: &Path, repository: &Path) -> Result<(), ProofError> {
    hash_file(hash, &path.with_extension("rs"), repository)?;
    hash_folder(hash, path, repository)
}

/// What a test or an editor leaves in a working tree; a clone does not have it.
fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") || name.ends_with(b".new") || name.ends_with(b"~")
}

fn hash_folder(hash: &mut Sha256, folder: &Path, repository: &Path) -> Result<(), ProofError> {
    if !folder.is_dir() {
        return Ok(());
    }
    let at = |error| ProofError::Read { path: folder.to_owned(), error };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        paths.push(entry.map_err(at)?.path());
    }
    paths.sort();
    for path in paths {
        if is_leftover(&path) {
            continue;
        }
        if path.is_dir() {
            hash_folder(hash, &path, repository)?;
        } else {
            hash_file(hash, &path, repository)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_runtimes_libraries_count() {
        let lock = "[[package]]\nname = 'runtime'\nversion = '1'\ndependencies = ['a']\n\
            [[package]]\nname = 'a'\nversion = '2'\nchecksum = 'c'\n[[package]]\nname = 'b'\nversion = '3'\n";
        assert_eq!(libraries(lock.as_bytes()), "a 2 c\nruntime 1 \n");
    }

    #[test]
    fn whatever_a_proof_is_said_to_rest_on_is_there() {
        let root = crate::repository();
        let there = |path: PathBuf| path.is_dir() || path.with_extension("rs").is_file();
        let catalogue = crate::catalogue::Catalogue::load(&root).unwrap();
        for reach in catalogue.entries.iter().flat_map(|entry| reaches(&entry.vector)) {
            let drivers = reach.drivers.iter().map(|name| root.join("audit/src/drivers").join(name));
            let layers = reach.layers.iter().chain(&LAYERS).map(|name| root.join("runtime/src").join(name));
            for path in drivers.chain(layers) {
                assert!(there(path.clone()), "{}", path.display());
            }
        }
    }

    #[test]
    fn what_a_failed_test_leaves_behind_makes_no_proof_stale() {
        let folder = tempfile::tempdir().unwrap();
        let hash = || {
            let mut hash = Sha256::new();
            hash_folder(&mut hash, folder.path(), folder.path()).unwrap();
            hash.finalize()
        };
        std::fs::write(folder.path().join("a.rs"), "fn a() {}").unwrap();
        let before = hash();
        for name in [".a.rs.pending-snap", "a.snap.new", "a.rs~"] {
            std::fs::write(folder.path().join(name), "new").unwrap();
        }
        assert_eq!(hash(), before);
        std::fs::write(folder.path().join("a.snap"), "").unwrap();
        assert_ne!(hash(), before);
    }

    #[test]
    fn a_case_rests_on_the_layers_that_it_reaches() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        let layers = |id: &str| -> BTreeSet<&str> {
            let entry = catalogue.find(id).unwrap();
            reaches(&entry.vector).iter().flat_map(|reach| reach.layers).copied().collect()
        };
        assert!(layers("X-26").is_empty(), "patterns in a script");
        assert_eq!(layers("T3-22"), BTreeSet::from(["store"]));
        for id in ["X-01", "X-18", "T2-06", "T3-19"] {
            assert_eq!(layers(id), BTreeSet::from(SERVER), "{id}");
        }
    }

    #[test]
    fn a_changed_case_changes_its_hash_only() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        let hasher = Hasher::new(&crate::repository()).unwrap();
        let mut entry = catalogue.find("T1-01").unwrap().clone();
        let before = hasher.of(&entry).unwrap();
        assert_eq!(before, hasher.of(&entry).unwrap());
        entry.folder = catalogue.find("T1-02").unwrap().folder.clone();
        assert_ne!(before, hasher.of(&entry).unwrap());
    }
}
