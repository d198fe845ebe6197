//! What is checked together: the parsed files of a project and the folder that gives each its part.
//!
//! Absences: no file is read or parsed here.

use crate::base::FileId;
use crate::syntax::tree::File;

/// What a file is for; its folder says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `entities/` or `lib/`: functions, types and top-level variables are global.
    Global,
    /// `app/`: routes and pages.
    App,
    /// `app/…/_middleware.flin`.
    Middleware,
    /// `components/`, or another folder of components.
    Component,
    /// `jobs/`.
    Job,
    /// `tests/`.
    Test,
    /// A file run as a script, wherever it stands.
    Script,
}

impl Role {
    /// The part of a file by its path relative to the project's root, `/`-separated.
    pub fn of(path: &str, component_folders: &[&str]) -> Self {
        let within = |folder: &str| {
            path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        };
        if within("entities") || within("lib") {
            Self::Global
        } else if component_folders.iter().any(|folder| within(folder)) {
            Self::Component
        } else if within("app") {
            let name = path.rsplit('/').next().unwrap_or_default();
            if name == "_middleware.flin" { Self::Middleware } else { Self::App }
        } else if within("jobs") {
            Self::Job
        } else if within("tests") {
            Self::Test
        } else {
            Self::Script
        }
    }

    /// Can code of this file run inside a request? Global files can: a handler may call them.
    pub const fn sees_request(self) -> bool {
        matches!(self, Self::Global | Self::App | Self::Middleware | Self::Component)
    }
}

/// One file of a project.
#[derive(Clone, Copy, Debug)]
pub struct ProjectFile<'t> {
    /// Which source the spans are in.
    pub id: FileId,
    /// What it is for.
    pub role: Role,
    /// Relative to the project's root, `/`-separated: gives a page its URL and a component its name.
    pub path: &'t str,
    /// What was parsed.
    pub tree: &'t File,
}

/// The files that are checked together.
#[derive(Clone, Debug)]
pub struct Project<'t> {
    /// In the order of their ids.
    pub files: Vec<ProjectFile<'t>>,
    /// Are all component files among them? Only then is a component without a file an error.
    pub knows_components: bool,
    /// What the regex literals may compile to, all together.
    pub patterns_bytes_max: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_gives_the_role() {
        let role = |path| Role::of(path, &["components", "ui/parts"]);
        assert_eq!(role("lib/a.flin"), Role::Global);
        assert_eq!(role("library/a.flin"), Role::Script);
        assert_eq!(role("app/x/_middleware.flin"), Role::Middleware);
        assert_eq!(role("app/_partial.flin"), Role::App);
        assert_eq!(role("ui/parts/Card.flin"), Role::Component);
        assert_eq!(role("tests/a.flin"), Role::Test);
    }
}
