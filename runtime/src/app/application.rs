//! A project as a server runs it: one program of all its files, and what answers where.
//!
//! Absences: nothing is executed here, and nothing read but the sources when it is loaded.

use super::build::{self, Rejected};
use super::limits::Limits;
use super::project::{LoadError, Project, SourceFile};
use super::router::{Found, Match, Router};
use super::spare::Spare;
use crate::base::span::to_usize;
use crate::base::{Diagnostic, SourceMap};
use crate::code::module::{Endpoint, EndpointKind};
use crate::config::{self, Config};
use crate::value::Pool;
use crate::vm::exchange::Detail;
use crate::vm::{LinkError, Program};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module. Shared by all that it serves, on any thread.
#[derive(Debug)]
pub struct Application {
    /// Its code.
    pub program: Arc<Program>,
    /// What it may use: those of `flin.config`, with the deadline of a request.
    pub limits: Limits,
    /// The memory that all executions share.
    pub pool: Arc<Pool>,
    /// Its configuration.
    pub config: Config,
    /// Its folder.
    pub root: PathBuf,
    /// The texts of its files.
    pub sources: SourceMap,
    /// Warnings alone.
    pub diagnostics: Vec<Diagnostic>,
    /// Can a request's session or its token matter to any of its programs? Where not, no cookie is opened.
    pub has_sessions: bool,
    /// What ended and may begin anew, for the next requests.
    pub spare: Spare,
    router: Router,
}

/// Why a project cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Unservable {
    /// It cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its author's mistakes, or ours.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// It needs what this version does not have.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Application {
    /// Reads a project and builds it.
    pub fn load(project: &Project, pool: &Arc<Pool>) -> Result<Self, Unservable> {
        let app = Self::of_files(&project.all()?, project.config.clone(), &project.root, pool)?;
        app.program.speak(project.translations()?);
        Ok(app)
    }

    /// Builds files that were read already, or never were on a disk.
    pub fn of_files(
        files: &[SourceFile],
        config: Config,
        root: &Path,
        pool: &Arc<Pool>,
    ) -> Result<Self, Unservable> {
        let limits = Limits { deadline: Some(config.vm.deadline), ..Limits::of(&config) };
        let built = build::build_all(files, None, &limits)?;
        Self::of_built(built, config, root, (limits, pool))
    }

    /// Of what was built, for `flin test` too.
    pub fn of_built(
        built: build::Built,
        config: Config,
        root: &Path,
        (limits, pool): (Limits, &Arc<Pool>),
    ) -> Result<Self, Unservable> {
        let program = build::link(built.module)?;
        let endpoints = (0..).zip(&program.module.endpoints);
        let router = Router::new(endpoints.map(|(at, found)| (at, found, program.text(found.path))));
        let (sources, diagnostics) = (built.sources, built.diagnostics);
        let has_sessions = sources.iter().any(|(_, source)| names_session(&source.text));
        let (root, pool) = (root.to_owned(), Arc::clone(pool));
        Ok(Self {
            program,
            limits,
            pool,
            config,
            root,
            sources,
            diagnostics,
            has_sessions,
            spare: Spare::default(),
            router,
        })
    }

    /// What answers a method at a path, which is decoded and starts with `/`.
    pub fn find(&self, method: &str, path: &str) -> Found {
        self.router.find(method, path)
    }

    /// The WebSocket at a path.
    pub fn socket(&self, path: &str) -> Option<Match> {
        self.router.socket(path)
    }

    /// All endpoints.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.program.module.endpoints
    }

    /// An endpoint.
    pub fn endpoint(&self, index: u32) -> Option<&Endpoint> {
        self.endpoints().get(to_usize(index))
    }

    /// Endpoints that a schedule starts, each with its index.
    pub fn jobs(&self) -> impl Iterator<Item = (u32, &Endpoint)> {
        let endpoints = (0..).zip(self.endpoints());
        endpoints.filter(|(_, endpoint)| {
            matches!(endpoint.kind, EndpointKind::Every { .. } | EndpointKind::Cron(_))
        })
    }

    /// The text of a constant, such as an endpoint's path.
    pub fn text(&self, constant: u32) -> &str {
        self.program.text(constant)
    }

    /// What answers say of errors.
    pub const fn detail(&self) -> Detail {
        match self.config.server.error_detail {
            config::ErrorDetail::Message => Detail::Message,
            config::ErrorDetail::None => Detail::None,
        }
    }
}

/// Sessions and their tokens are reached by these words alone: by name, or through a guard.
fn names_session(source: &str) -> bool {
    ["session", "csrf", "guard"].iter().any(|word| source.contains(word))
}
