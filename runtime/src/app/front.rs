//! The front end as far as it judges: bytes of source files to trees and diagnostics.

use super::limits::Limits;
use super::project::{SourceFile, declares};
use crate::base::span::{to_u32, to_usize};
use crate::base::{Code, Diagnostic, FileId, Severity, Source, SourceMap, Span};
use crate::check::walk::Visit;
use crate::check::{self, Checked, ProjectFile, Role, component_name};
use crate::natives;
use crate::syntax::{NotUtf8, Parsed, decode_source, parse, tree};
use std::collections::{HashMap, HashSet};

/// The files of a program, parsed.
#[derive(Debug)]
pub struct Front<'f> {
    files: Vec<(FileId, &'f SourceFile, tree::File)>,
    /// Their texts.
    pub sources: SourceMap,
    /// In the order of files and positions.
    pub diagnostics: Vec<Diagnostic>,
    patterns_bytes_max: usize,
}

impl<'f> Front<'f> {
    fn new(limits: &Limits) -> Self {
        let patterns_bytes_max = limits.patterns_bytes_max;
        Self { files: Vec::new(), sources: SourceMap::default(), diagnostics: Vec::new(), patterns_bytes_max }
    }

    /// Parses every file.
    pub fn parse(files: &'f [SourceFile], limits: &Limits) -> Self {
        let mut front = Self::new(limits);
        for file in files {
            front.add(file, limits);
        }
        front
    }

    /// Parses what a program is made of: every file but component files, and of those the ones that declare what is
    /// global, or that tags name, from file to file. What nothing uses is not looked at.
    pub fn parse_used(files: &'f [SourceFile], limits: &Limits) -> Self {
        let mut front = Self::new(limits);
        let (components, others): (Vec<_>, Vec<_>) =
            files.iter().partition(|file| file.role == Role::Component && !declares(&file.bytes));
        for file in others {
            front.add(file, limits);
        }
        let mut waiting = components;
        let mut seen = 0;
        while let Some((_, _, tree)) = front.files.get(seen) {
            seen = seen.saturating_add(1);
            let mut tags = Tags::default();
            tags.body(&tree.body);
            let (named, rest): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|file| tags.0.contains(component_name(&file.path)));
            waiting = rest;
            for file in named {
                front.add(file, limits);
            }
        }
        front
    }

    /// Parses every file of a project. What is found in component files that nothing uses only warns, and of those that
    /// cannot be read no more is said than that.
    pub fn parse_project(files: &'f [SourceFile], limits: &Limits) -> Self {
        let used = Self::parse_used(files, limits);
        let is_used = |file: &SourceFile| used.id(file).is_some();
        let mut front = Self::new(limits);
        for file in files {
            let before = front.diagnostics.len();
            front.add(file, limits);
            if is_used(file) {
                continue;
            }
            let found = front.diagnostics.get_mut(before..).unwrap_or_default();
            let is_broken = found.iter().any(Diagnostic::is_error);
            for diagnostic in found {
                diagnostic.severity = Severity::Warning;
            }
            if let Some((_, _, tree)) = front.files.last_mut().filter(|_| is_broken) {
                // A part of it would only lead to more findings; its name stays known.
                tree.body.stmts.clear();
            }
        }
        front
    }

    fn add(&mut self, file: &'f SourceFile, limits: &Limits) {
        let (text, bad) = text_of(&file.bytes);
        let id = self.sources.add(Source::new(&file.path, &text));
        let Parsed { file: tree, mut diagnostics } = parse(id, &text, limits.parse());
        if let Some(bad) = bad {
            // The map holds the text up to the bad byte: that is where it ends.
            let end = to_u32(text.len());
            diagnostics = vec![Diagnostic { span: Span::new(id, end, end), ..bad.diagnostic(id) }];
        }
        self.diagnostics.append(&mut diagnostics);
        self.files.push((id, file, tree));
    }

    /// What the checker and the compiler work on; `whole` says that these are all files of a project.
    pub fn project(&self, whole: bool) -> check::Project<'_> {
        let files = self.files.iter();
        let files =
            files.map(|(id, file, tree)| ProjectFile { id: *id, role: file.role, path: &file.path, tree });
        let patterns_bytes_max = self.patterns_bytes_max;
        check::Project { files: files.collect(), knows_components: whole, patterns_bytes_max }
    }

    /// Checks the files together. Where some of them could not be read whole, only what they cannot be the reason of is
    /// said, and nothing is known of the program.
    pub fn check(&mut self, whole: bool) -> Checked {
        let mut checked = check::check(&self.project(whole), &natives::builtins());
        let broken = Broken::of(&self.diagnostics, &self.sources);
        if broken.files.is_empty() {
            self.diagnostics.append(&mut checked.diagnostics);
            return checked;
        }
        checked.diagnostics.retain(|found| broken.is_no_reason_of(found));
        self.diagnostics.append(&mut checked.diagnostics);
        self.diagnostics.sort_by_key(|found| (found.span.file, found.span.start));
        Checked::default()
    }

    /// Does nothing stop the program?
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The id of a file, if it was parsed.
    pub fn id(&self, file: &SourceFile) -> Option<FileId> {
        self.files.iter().find(|(_, parsed, _)| std::ptr::eq(*parsed, file)).map(|(id, _, _)| *id)
    }
}

/// The files that could not be read whole. What they lost may have declared anything that is written in them.
struct Broken<'s> {
    /// Each with whether all blocks and texts in it are closed: then what was read stands where it belongs.
    files: HashMap<FileId, bool>,
    /// How often each word is written in them.
    words: HashMap<&'s str, usize>,
    sources: &'s SourceMap,
}

impl<'s> Broken<'s> {
    fn of(found: &[Diagnostic], sources: &'s SourceMap) -> Self {
        let mut files = HashMap::new();
        for found in found.iter().filter(|found| found.is_error()) {
            let is_whole = files.entry(found.span.file).or_insert(true);
            *is_whole &= found.code == Code::E0103;
        }
        let mut words = HashMap::new();
        for (_, source) in sources.iter().filter(|(file, _)| files.contains_key(file)) {
            for word in source.text.split(|c: char| c != '_' && !c.is_alphanumeric()) {
                let written: &mut usize = words.entry(word).or_default();
                *written = written.saturating_add(1);
            }
        }
        Self { files, words, sources }
    }

    /// Would it be found if these files were whole?
    fn is_no_reason_of(&self, found: &Diagnostic) -> bool {
        let own = self.files.get(&found.span.file);
        match found.code {
            Code::E0001 | Code::E0002 | Code::E0005 => own != Some(&false) && self.is_only_there(found.span),
            Code::E0003
            | Code::E0006
            | Code::E0007
            | Code::E0008
            | Code::E0009
            | Code::E0010
            | Code::E0011 => own.is_none(),
            // An entity, a function or a variant may be missing, or the end of a body.
            Code::E0004 | Code::E0012 | Code::W0001 | Code::W0002 | Code::W0003 => false,
            Code::E0101 | Code::E0102 | Code::E0103 | Code::E0104 | Code::E0110 => true,
        }
    }

    /// Is the name that stands there written nowhere else in these files?
    fn is_only_there(&self, span: Span) -> bool {
        let text = self.sources.get(span.file).map_or("", |source| &*source.text);
        let Some(name) = text.get(to_usize(span.start)..to_usize(span.end)) else { return false };
        let here = usize::from(self.files.contains_key(&span.file));
        self.words.get(name).map_or(here == 0, |&written| written == here)
    }
}

/// The names of component tags.
#[derive(Default)]
struct Tags<'t>(HashSet<&'t str>);

impl<'t> Visit<'t> for Tags<'t> {
    fn component(&mut self, tag: &'t tree::Name) {
        self.0.insert(&tag.text);
    }
}

/// The text, as far as it is UTF-8, and where it stops being that.
fn text_of(bytes: &[u8]) -> (String, Option<NotUtf8>) {
    #[cfg(feature = "knockout")]
    if crate::base::guard::off(crate::base::guard::Guard::Utf8Source) {
        return (trusted(bytes), None);
    }
    match decode_source(bytes) {
        Ok(text) => (text, None),
        Err(bad) => {
            let valid = bytes.get(..bad.offset).unwrap_or_default();
            (decode_source(valid).unwrap_or_default(), Some(bad))
        }
    }
}

#[cfg(feature = "knockout")]
#[expect(clippy::unwrap_used, reason = "what the guard keeps from happening")]
fn trusted(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
