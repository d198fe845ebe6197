//! The command line: arguments in, exit code out.
//!
//! Exit codes: 0 success; 1 an uncaught error, a failed test, a file that needs formatting, a damaged store; 2 diagnostics, a bad
//! configuration, file or option; 3 a fault in flin itself. Diagnostics and errors go to stderr. When nobody reads the
//! output any more, the command ends quietly.

mod args;
mod build;
mod check;
mod dev;
mod fmt;
mod new;
mod replace;
mod report;
mod run;
mod serve;
mod store;
mod test;
mod version;
mod world;

use crate::app::boundary;
use crate::app::stack::{STACK_BYTES, on_own_stack};
use args::{Args, Command, StoreCommand};
use clap::Parser as _;
use report::Report;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

/// How a command ended, the worse ones behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// As asked for.
    Success,
    /// An uncaught error, a failed test, a file that needs formatting.
    Failure,
    /// Diagnostics, or something about the files or options is wrong.
    Usage,
    /// Our fault.
    Internal,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Internal => 3,
        }
    }
}

/// Runs the command that the arguments ask for; the first one is the program's name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(report::panicked));
    // A file at the limit that the system sets (`ulimit -f`) is an error like a full disk, not the end of the process. Where
    // no handler can be had the system's default stays.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    let args: Vec<OsString> = args.into_iter().collect();
    let contained = || boundary::contain(|| command(args)).unwrap_or(Exit::Internal);
    let exit = on_own_stack(contained).unwrap_or_else(|_| {
        let mega = STACK_BYTES >> 20;
        Report::new().error(format_args!(
            "the system gives no thread with {mega} MB of stack; raise the limits on memory or processes (ulimit)"
        ));
        Exit::Usage
    });
    ExitCode::from(exit.code())
}

fn command(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(shown) => {
            if shown.exit_code() == 0 {
                let colours = std::io::stdout().is_terminal() && !report::colourless();
                let text = shown.render();
                return if colours {
                    version::print(text.ansi(), &mut Report::new())
                } else {
                    version::print(text, &mut Report::new())
                };
            }
            // The exit code says it, where nobody can be told.
            let _ = shown.print();
            return Exit::Usage;
        }
    };
    let mut report = Report::new();
    if let Command::Version { json } = args.command {
        return version::version(json, &mut report);
    }
    if cfg!(feature = "knockout") {
        report.error("this flin was built to have its guards knocked out; it runs nothing");
        return Exit::Usage;
    }
    match args.command {
        Command::Run { file } => run::run(&file, &mut report),
        Command::New { folder } => new::new(&folder, &mut report),
        Command::Dev { folder } => dev::dev(&folder, &mut report),
        Command::Start { folder } => serve::start(&folder, &mut report),
        Command::Check { paths } => check::check(&paths, &mut report),
        Command::Build { file, output } => build::build(&file, output.as_deref(), &mut report),
        Command::Disasm { file } => build::disasm(&file, &mut report),
        Command::Fmt { check, paths } => fmt::fmt(&paths, check, &mut report),
        Command::Store { command } => store_command(command, &mut report),
        Command::Test { path } => test::test(&path, &mut report),
        Command::Version { json } => version::version(json, &mut report),
    }
}

fn store_command(command: StoreCommand, report: &mut Report) -> Exit {
    match command {
        StoreCommand::Check { dir } => store::check(&dir, report),
        StoreCommand::Dump { dir, versions } => store::dump(&dir, versions, report),
        StoreCommand::Repair { dir, dropped } => store::repair(&dir, dropped.as_deref(), report),
        StoreCommand::Compact { dir } => store::compact_folder(&dir, report),
    }
}
