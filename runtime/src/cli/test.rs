//! `flin test`: every test in a machine and a world of its own.

use super::build::{compiled, prefix, said};
use super::report::ErrorText;
use super::version::print;
use super::{Exit, Report};
use crate::app::build::build_all;
use crate::app::files::MemoryFiles;
use crate::app::http::{RateLimits, Sessions};
use crate::app::machine::{env, now_millis};
use crate::app::project;
use crate::app::testing;
use crate::app::{
    Application, End, Execution, Files, Gone, Host, Limits, LoadError, Project, StorePlace, machine,
};
use crate::base::render::printable;
use crate::check::Role;
use crate::record::{Inbound, Outbound};
use crate::store::Source;
use crate::value::Pool;
use crate::vm::{LogLevel, Program};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that a test may print.
const OUTPUT_BYTES_MAX: usize = 4 << 20;

/// Runs files of tests and counts.
struct Runner<'r> {
    project: Project,
    limits: Limits,
    pool: Arc<Pool>,
    report: &'r mut Report,
    passed: u32,
    failed: u32,
}

pub(super) fn test(path: &Path, report: &mut Report) -> Exit {
    let (project, files) = match find(path) {
        Ok(found) => found,
        Err(error) => return report.load(&error),
    };
    let limits =
        Limits { deadline: Some(project.config.vm.deadline), seed: Some([0; 32]), ..project.limits() };
    let pool = machine::pool(project.config.vm.memory_total);
    let mut runner = Runner { project, limits, pool, report, passed: 0, failed: 0 };
    // A file that does not compile says more than a failed test; so does a fault of ours.
    let mut exit = Exit::Success;
    for file in &files {
        if let Err(worse) = runner.file(file) {
            exit = worse;
        }
    }
    let Runner { passed, failed, report, .. } = runner;
    let summary = match (passed, failed) {
        (0, 0) if exit != Exit::Success => String::new(),
        (0, 0) => format!("no tests in {}\n", printable(&path.to_string_lossy())),
        _ => format!("{passed} passed, {failed} failed\n"),
    };
    match (print(&summary, report), exit, failed) {
        (printed, Exit::Success, 0) => printed,
        (_, Exit::Success, _) => Exit::Failure,
        (_, exit, _) => exit,
    }
}

fn find(path: &Path) -> Result<(Project, Vec<PathBuf>), LoadError> {
    if path.is_dir() {
        let project = Project::of_folder(path)?;
        let here = path.strip_prefix(".").unwrap_or(path);
        let files = project.tests()?.iter().map(|file| here.join(file)).collect();
        Ok((project, files))
    } else {
        Ok((Project::of_test(path)?, vec![path.to_owned()]))
    }
}

impl Runner<'_> {
    fn file(&mut self, file: &Path) -> Result<(), Exit> {
        let app = Arc::new(self.program(file)?);
        let program = &app.program;
        let shown = printable(&file.to_string_lossy());
        for &(name, function) in &program.module.tests {
            let mut world = TestWorld::new(&app);
            let end = self.run(program, function, &mut world);
            // In memory: there is nothing to be made durable.
            let _ = world.store.close();
            let name = printable(program.text(name));
            if end == End::Done {
                self.passed = self.passed.saturating_add(1);
                print(format_args!("ok      {shown}: {name}\n"), self.report);
            } else {
                self.failed = self.failed.saturating_add(1);
                let why = indented(&(world.output + &ending(&end)));
                print(format_args!("FAILED  {shown}: {name}\n{why}"), self.report);
            }
        }
        Ok(())
    }

    /// The file with all that is global; with the whole project where it sends requests.
    fn program(&mut self, file: &Path) -> Result<Application, Exit> {
        let bytes = project::read_source(file).map_err(|error| self.report.load(&error))?;
        let serves = bytes.windows(TEST_REQUEST.len()).any(|found| found == TEST_REQUEST);
        let prefix = prefix(&self.project, file);
        let built = if serves {
            let files = self.project.all().map_err(|error| self.report.load(&error))?;
            let path = self.project.file(file, Vec::new()).path;
            let entry = files.iter().position(|file| file.path == path);
            said(build_all(&files, entry, &self.limits), &prefix, self.report)?
        } else {
            let loaded = self.project.with_entry(file, Role::Test, bytes);
            let (files, entry) = loaded.map_err(|error| self.report.load(&error))?;
            compiled(&files, entry, &self.limits, &prefix, self.report)?
        };
        let Project { root, config } = &self.project;
        let app = Application::of_built(built, config.clone(), root, (self.limits, &self.pool));
        let app = app.map_err(|error| {
            self.report.file_error(file.display(), error);
            Exit::Usage
        })?;
        app.program.speak(self.project.translations().map_err(|error| self.report.load(&error))?);
        Ok(app)
    }

    /// The file's top level, then the test, in one machine.
    fn run(&self, program: &Arc<Program>, function: u32, world: &mut TestWorld) -> End {
        match Execution::new(Arc::clone(program), Arc::clone(&self.pool), &self.limits, world) {
            Err(end) => end,
            Ok(mut execution) => {
                let end = match execution.run(world) {
                    End::Done => execution.call(function, world),
                    end => end,
                };
                // Which line takes for ever is what its author wants to know.
                if end == End::Timeout { End::Uncaught(Box::new(execution.late())) } else { end }
            }
        }
    }
}

fn ending(end: &End) -> String {
    match end {
        End::Done => String::new(),
        End::Uncaught(error) => ErrorText(error).to_string(),
        End::Timeout => "error: Timeout: the deadline passed\n".to_owned(),
        End::Gone => format!("error: printed more than {OUTPUT_BYTES_MAX} bytes\n"),
        End::NoEntropy => "error: the system gives no random numbers\n".to_owned(),
        End::Panicked => format!("{}\n", crate::app::boundary::Panicked),
        End::Bug(bug) => format!("internal error: {bug}; this is a fault in flin itself\n"),
    }
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| text + "        " + &printable(line) + "\n")
}

/// What a file has in it that sends requests.
const TEST_REQUEST: &[u8] = b"test_request";

/// The real clock and environment, an empty folder in memory, output kept for failures, no entropy.
struct TestWorld {
    output: String,
    started: Instant,
    files: MemoryFiles,
    store: StorePlace,
    app: Arc<Application>,
    sessions: Arc<Sessions>,
    rates: RateLimits,
}

impl TestWorld {
    fn new(app: &Arc<Application>) -> Self {
        Self {
            output: String::new(),
            started: Instant::now(),
            files: MemoryFiles::default(),
            store: StorePlace::memory(&app.config.store),
            app: Arc::clone(app),
            sessions: Arc::new(Sessions::new([0; 32], [0; 32])),
            rates: RateLimits::default(),
        }
    }
}

impl Host for TestWorld {
    fn print(&mut self, line: &str) -> Result<(), Gone> {
        if self.output.len().saturating_add(line.len()) >= OUTPUT_BYTES_MAX {
            return Err(Gone);
        }
        self.output.push_str(line);
        self.output.push('\n');
        Ok(())
    }

    fn log(&mut self, level: LogLevel, message: &str, data: Option<&str>) -> Result<(), Gone> {
        self.print(&format!("{level:?}: {message} {}", data.unwrap_or_default()))
    }

    fn now_millis(&mut self) -> i64 {
        now_millis()
    }

    fn elapsed(&mut self) -> Duration {
        self.started.elapsed()
    }

    fn env(&mut self, name: &str) -> Option<String> {
        env(name)
    }

    fn entropy(&mut self, bytes: &mut [u8]) -> Option<()> {
        bytes.fill(0);
        Some(())
    }

    fn files(&mut self) -> &mut dyn Files {
        &mut self.files
    }

    fn rates(&mut self) -> Option<&RateLimits> {
        Some(&self.rates)
    }

    fn request(&mut self, asked: Inbound) -> Result<Option<Outbound>, End> {
        let (app, sessions) = (Arc::clone(&self.app), Arc::clone(&self.sessions));
        Ok(Some(testing::request(&app, &sessions, asked, self)))
    }

    fn store(&mut self) -> Arc<dyn Source> {
        Arc::new(self.store.clone())
    }
}
