//! Finding and reading the files of a project: what has to be in use together, and nothing larger than its limits.
//!
//! The root is the nearest folder at or above a file that holds a `flin.config`, else the file's own folder. Links to
//! folders are not followed, so that no project is endless.

use super::limits::Limits;
use super::public::PUBLIC_FOLDER;
use crate::base::guard::{Guard, off};
use crate::check::Role;
use crate::code::is_bytecode;
use crate::config::{self, Config, ProblemAt};
use crate::record::translations::{self, LANGUAGES_MAX};
use crate::record::{TranslationError, Translations};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of one source file.
pub const SOURCE_BYTES_MAX: usize = 16 << 20;
/// Bytes of all source files of a program.
pub const TOTAL_BYTES_MAX: usize = 64 << 20;
/// Source files of a project.
pub const FILES_MAX: usize = 10_000;
/// Folders inside each other.
const FOLDER_DEPTH_MAX: usize = 32;
/// Folders whose files are global.
const GLOBAL_FOLDERS: [&str; 2] = ["entities", "lib"];
/// Folders of which declarations of entities and enums are global, as everywhere, and nothing else is.
const DECLARING_FOLDERS: [&str; 2] = ["app", "jobs"];
/// Where texts in several languages are.
pub const TRANSLATIONS_FOLDER: &str = "translations";
/// The folder of tests.
const TESTS_FOLDER: &str = "tests";
/// Below the project's root, what programs read and write.
pub const FILES_FOLDER: &str = "files";
/// Whatever lies in these is no source: some of it comes from whoever uploads a file.
pub const DATA_FOLDERS: [&str; 3] = [PUBLIC_FOLDER, TRANSLATIONS_FOLDER, FILES_FOLDER];

/// A source file, read and not looked at.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Below the project's root, `/`-separated.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// Where it was read from; empty for one that comes from no disk.
    pub place: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl SourceFile {
    /// A file in memory.
    pub fn in_memory(path: &str, role: Role, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), role, place: PathBuf::new(), bytes: bytes.into() }
    }
}

/// A project: its root and what its `flin.config` says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The root.
    pub root: PathBuf,
    /// The configuration, or the defaults.
    pub config: Config,
}

/// Why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system refuses.
    #[error("{}: {}", path.display(), said(*kind))]
    Unreadable {
        /// What was asked for.
        path: PathBuf,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// Nothing has this name, and a source has it with its ending.
    #[error("{}: there is no such file or folder; did you mean {}?", path.display(), near.display())]
    WithoutEnding {
        /// What was asked for.
        path: PathBuf,
        /// What there is.
        near: PathBuf,
    },
    /// A file where a project is asked for.
    #[error("{0}: this is a file, and a project is a folder; `flin run {0}` runs a file", path.display())]
    NoFolder {
        /// Which.
        path: PathBuf,
    },
    /// A pipe in a folder.
    #[error("{}: this is a named pipe, not a file; to read from it, say /dev/stdin and redirect", path.display())]
    NamedPipe {
        /// Which.
        path: PathBuf,
    },
    /// Bytecode where only source will do.
    #[error("{}: this is bytecode; name the source that it was built from", path.display())]
    Bytecode {
        /// Which.
        path: PathBuf,
    },
    /// A file is too large.
    #[error("{}: larger than {bytes_max} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// What is allowed.
        bytes_max: usize,
    },
    /// All files together are too large.
    #[error("{}: the sources of this program are larger than {TOTAL_BYTES_MAX} bytes together", root.display())]
    TotalTooLarge {
        /// The project's root.
        root: PathBuf,
    },
    /// Too many files.
    #[error("{}: more than {FILES_MAX} source files", root.display())]
    TooManyFiles {
        /// Where they were looked for.
        root: PathBuf,
    },
    /// Folders nest too deep.
    #[error("{}: folders nested deeper than {FOLDER_DEPTH_MAX}", path.display())]
    TooDeep {
        /// The deepest one.
        path: PathBuf,
    },
    /// A file of translations is not usable.
    #[error("{}: {error}", path.display())]
    Translation {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: TranslationError,
    },
    /// Too many languages.
    #[error("{}: more than {LANGUAGES_MAX} languages", path.display())]
    TooManyLanguages {
        /// The folder.
        path: PathBuf,
    },
    /// The configuration is not usable.
    #[error("{}: not usable", config::FILE_NAME)]
    Config(Vec<ProblemAt>),
}

impl LoadError {
    #[cold]
    #[inline(never)]
    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), kind: error.kind() }
    }

    /// Of a file that is not there, with the name that it perhaps has.
    fn missing(path: &Path, error: &io::Error) -> Self {
        let mut near = path.as_os_str().to_owned();
        near.push(".flin");
        let near = PathBuf::from(near);
        if error.kind() == io::ErrorKind::NotFound && near.is_file() {
            return Self::WithoutEnding { path: path.to_owned(), near };
        }
        Self::unreadable(path, error)
    }
}

impl Project {
    /// The project that a file belongs to.
    pub fn of_file(file: &Path) -> Result<Self, LoadError> {
        let full = std::path::absolute(file).map_err(|error| LoadError::unreadable(file, &error))?;
        // A path may have thousands of parts, and each may hold a project: one that leads nowhere is not looked along.
        fs::metadata(file).map_err(|error| LoadError::missing(file, &error))?;
        let own = full.parent().unwrap_or(&full);
        let root = own.ancestors().find(|folder| folder.join(config::FILE_NAME).is_file());
        Self::of_folder(root.unwrap_or(own))
    }

    /// The project that a file of tests belongs to: without a `flin.config`, the folder that holds its `tests/`.
    pub fn of_test(file: &Path) -> Result<Self, LoadError> {
        let project = Self::of_file(file)?;
        let above =
            project.root.ancestors().find(|folder| folder.ends_with(TESTS_FOLDER)).and_then(Path::parent);
        match above {
            Some(root) if !project.root.join(config::FILE_NAME).is_file() => Self::of_folder(root),
            _ => Ok(project),
        }
    }

    /// The project whose root is this folder.
    pub fn of_folder(folder: &Path) -> Result<Self, LoadError> {
        let root = std::path::absolute(folder).map_err(|error| LoadError::unreadable(folder, &error))?;
        if root.is_file() {
            return Err(LoadError::NoFolder { path: folder.to_owned() });
        }
        let place = root.join(config::FILE_NAME);
        let config = match read(&place, config::FILE_BYTES_MAX) {
            Err(LoadError::Unreadable { kind: io::ErrorKind::NotFound, .. }) => {
                fs::metadata(&root).map_err(|error| LoadError::unreadable(&root, &error))?;
                Config::default()
            }
            Err(error) => return Err(error),
            Ok(bytes) => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| LoadError::Unreadable { path: place, kind: io::ErrorKind::InvalidData })?;
                config::parse(&text).map_err(LoadError::Config)?
            }
        };
        Ok(Self { root, config })
    }

    /// The limits that the configuration sets.
    pub fn limits(&self) -> Limits {
        Limits::of(&self.config)
    }

    /// What a file runs with: all global files, all components, what declares entities and enums elsewhere, and itself,
    /// whose bytes are given. Gives the files and its index.
    pub fn with_entry(
        &self,
        entry: &Path,
        role: Role,
        bytes: Vec<u8>,
    ) -> Result<(Vec<SourceFile>, usize), LoadError> {
        let mut paths = Vec::new();
        let components = self.config.views.components.iter().map(String::as_str);
        for folder in GLOBAL_FOLDERS.into_iter().chain(components).chain(DECLARING_FOLDERS) {
            self.find(folder, &mut paths)?;
        }
        // A folder of components may be inside another of these.
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        let mut files = self.read_all(&paths)?;
        let path = self.name_of(entry);
        files.retain(|file| {
            matches!(file.role, Role::Global | Role::Component)
                || (file.path != path && declares(&file.bytes))
        });
        if let Some(index) = files.iter().position(|file| file.path == path) {
            return Ok((files, index));
        }
        files.push(SourceFile { path, role, place: entry.to_owned(), bytes });
        let last = files.len().saturating_sub(1);
        Ok((files, last))
    }

    /// A file of this project, whose bytes are given.
    pub fn file(&self, place: &Path, bytes: Vec<u8>) -> SourceFile {
        SourceFile { path: self.name_of(place), role: self.role_of(place), place: place.to_owned(), bytes }
    }

    /// Every source file of the project.
    pub fn all(&self) -> Result<Vec<SourceFile>, LoadError> {
        let mut paths = Vec::new();
        self.find("", &mut paths)?;
        self.read_all(&paths)
    }

    /// Its texts in several languages: what `translations/<language>.json` says.
    pub fn translations(&self) -> Result<Translations, LoadError> {
        let folder = self.root.join(TRANSLATIONS_FOLDER);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Translations::default()),
            entries => entries.map_err(|error| LoadError::unreadable(&folder, &error))?,
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| LoadError::unreadable(&folder, &error))?.path();
            if path.extension() == Some(OsStr::new("json")) && path.is_file() {
                paths.push(path);
            }
            if paths.len() > LANGUAGES_MAX {
                return Err(LoadError::TooManyLanguages { path: folder });
            }
        }
        paths.sort_unstable();
        let mut translations = Translations::default();
        for path in paths {
            let bytes = read(&path, translations::FILE_BYTES_MAX)?;
            let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
            translations
                .add(name, &bytes)
                .map_err(|error| LoadError::Translation { path: path.clone(), error })?;
        }
        Ok(translations)
    }

    /// The files below `tests/`, as paths below the root.
    pub fn tests(&self) -> Result<Vec<PathBuf>, LoadError> {
        let mut paths = Vec::new();
        self.find(TESTS_FOLDER, &mut paths)?;
        Ok(paths)
    }

    /// The part of a file of this project.
    pub fn role_of(&self, file: &Path) -> Role {
        let components: Vec<&str> = self.config.views.components.iter().map(String::as_str).collect();
        Role::of(&self.name_of(file), &components)
    }

    fn name_of(&self, file: &Path) -> String {
        let full = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let below = full.strip_prefix(&self.root).unwrap_or(file);
        below.components().map(|part| shown(part.as_os_str())).collect::<Vec<_>>().join("/")
    }

    fn read_all(&self, paths: &[PathBuf]) -> Result<Vec<SourceFile>, LoadError> {
        let mut total = 0_usize;
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let place = self.root.join(path);
            let bytes = read(&place, SOURCE_BYTES_MAX)?;
            total = total.saturating_add(bytes.len());
            if total > TOTAL_BYTES_MAX {
                return Err(LoadError::TotalTooLarge { root: self.root.clone() });
            }
            files.push(self.file(&place, bytes));
        }
        Ok(files)
    }

    /// Source files below a folder of the root, sorted, without hidden ones and links to folders.
    fn find(&self, folder: &str, found: &mut Vec<PathBuf>) -> Result<(), LoadError> {
        #[cfg(feature = "knockout")]
        if off(Guard::FolderDepth) {
            return naive::find(self, Path::new(folder), found);
        }
        let mut folders = vec![(PathBuf::from(folder), 0_usize)];
        let first = found.len();
        while let Some((folder, depth)) = folders.pop() {
            let place = self.root.join(&folder);
            let entries = match fs::read_dir(&place) {
                Err(error) if depth == 0 && error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|error| LoadError::unreadable(&place, &error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| LoadError::unreadable(&place, &error))?;
                let path = folder.join(entry.file_name());
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                let kind = entry.file_type().map_err(|error| LoadError::unreadable(&place, &error))?;
                let is_source = path.extension() == Some(OsStr::new("flin"));
                if kind.is_dir() {
                    let holds_data = DATA_FOLDERS.iter().any(|data| path == Path::new(data));
                    if holds_data && !off(Guard::DataFolders) {
                        continue;
                    }
                    if depth >= FOLDER_DEPTH_MAX {
                        return Err(LoadError::TooDeep { path: self.root.join(path) });
                    }
                    folders.push((path, depth.saturating_add(1)));
                } else if is_source && self.root.join(&path).is_file() {
                    found.push(path);
                }
                if found.len() > FILES_MAX || folders.len() > FILES_MAX {
                    return Err(LoadError::TooManyFiles { root: self.root.clone() });
                }
            }
        }
        if let Some(new) = found.get_mut(first..) {
            new.sort_unstable();
        }
        Ok(())
    }
}

/// May a source declare entities or enums?
pub(super) fn declares(source: &[u8]) -> bool {
    let mut words = source.split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| matches!(word, b"entity" | b"enum"))
}

/// A source file; bytecode is none.
pub fn read_source(path: &Path) -> Result<Vec<u8>, LoadError> {
    let bytes = read(path, SOURCE_BYTES_MAX)?;
    if is_bytecode(&bytes) { Err(LoadError::Bytecode { path: path.to_owned() }) } else { Ok(bytes) }
}

/// A file that may have at most so many bytes. What is open already, such as `/dev/stdin` or a shell's `<(…)`, is read
/// too, and no further than that.
pub fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, LoadError> {
    if !off(Guard::NamedPipe) && is_named_pipe(path) {
        return Err(LoadError::NamedPipe { path: path.to_owned() });
    }
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| LoadError::unreadable(path, &error))?;
    if bytes.len() > bytes_max {
        Err(LoadError::TooLarge { path: path.to_owned(), bytes_max })
    } else {
        Ok(bytes)
    }
}

/// Opening such a pipe waits for whoever has its other end, maybe for ever.
#[cfg(unix)]
pub fn is_named_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    // A pipe that is open already has no place in any folder.
    fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) && fs::canonicalize(path).is_ok()
}

#[cfg(not(unix))]
pub fn is_named_pipe(_: &Path) -> bool {
    false
}

/// What the system's refusal means, in words for whoever asked for a file.
pub fn said(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "not permitted".to_owned(),
        io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        io::ErrorKind::InvalidData => "not UTF-8".to_owned(),
        io::ErrorKind::InvalidFilename => "the name is too long, or no name".to_owned(),
        kind => format!("the system refuses: {kind}"),
    }
}

/// A part of a path as text; bytes that are not UTF-8 are written `\xFF`, so that no two names look the same.
fn shown(part: &OsStr) -> String {
    let chunks = part.as_encoded_bytes().utf8_chunks();
    chunks.fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
        text
    })
}

#[cfg(feature = "knockout")]
mod naive {
    //! A level of the native stack, and an open folder, for each folder.

    use super::{LoadError, Path, PathBuf, Project, fs};

    pub fn find(project: &Project, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), LoadError> {
        let place = project.root.join(folder);
        let refused = |error| LoadError::unreadable(&place, &error);
        for entry in fs::read_dir(&place).map_err(refused)? {
            let path = folder.join(entry.map_err(refused)?.file_name());
            if project.root.join(&path).is_dir() {
                find(project, &path, found)?;
            } else if path.extension().is_some_and(|extension| extension == "flin") {
                found.push(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
