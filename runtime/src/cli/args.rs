//! What can be asked for, and how it is explained.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  an uncaught error, a failed test, a file that needs formatting, a damaged store
  2  diagnostics, a bad configuration, file or option
  3  a fault in flin itself";

const EXAMPLES: &str = "\
Examples:
  flin new guestbook            make a small application
  flin dev guestbook            serve it while it is being written
  flin run hello.flin           run a program
  flin check                    check the project in this folder
  flin build app.flin -o app.flinc
  flin fmt --check              say which files need formatting";

/// FLIN: a small full-stack language in one binary.
#[derive(Debug, Parser)]
#[command(name = "flin", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a program, from source or from bytecode
    #[command(
        long_about = "Run a program, from source (.flin) or from bytecode (.flinc).\n\nThe project is the nearest folder \
                      at or above FILE with a flin.config, else FILE's own folder. Its lib/ and entities/ belong to the \
                      program; files are read and written below its files/ alone.",
        after_help = format!("Examples:\n  flin run hello.flin\n  flin run hello.flinc\n\n{EXIT_CODES}")
    )]
    Run {
        /// The program
        file: PathBuf,
    },
    /// Serve a project
    #[command(
        long_about = "Serve a project: its pages, routes, sockets, streams and jobs, at the address that its flin.config \
                      says. SIGTERM and SIGINT end it in order: requests that are being answered are finished, within \
                      server.drain_timeout. A second signal ends it at once.",
        after_help = format!("Examples:\n  flin start\n  flin start shop\n\n{EXIT_CODES}")
    )]
    Start {
        /// The project's folder
        #[arg(default_value = ".", value_name = "DIR")]
        folder: PathBuf,
    },
    /// Make a small application
    #[command(
        long_about = "Make a folder with a small application that runs: pages, a route, an entity, components and tests.",
        after_help = format!("Example:\n  flin new guestbook && flin dev guestbook\n\n{EXIT_CODES}")
    )]
    New {
        /// Its folder, which is not there yet
        #[arg(value_name = "NAME")]
        folder: PathBuf,
    },
    /// Serve a project while it is being written
    #[command(
        long_about = "The same as start, for whoever writes the program: a change of a source is served at once, without \
                      dropping a connection; errors in the sources are shown here while the program before goes on, and \
                      as a page where there is none; uncaught errors tell everything.",
        after_help = format!("Examples:\n  flin dev\n  flin dev shop\n\n{EXIT_CODES}")
    )]
    Dev {
        /// The project's folder
        #[arg(default_value = ".", value_name = "DIR")]
        folder: PathBuf,
    },
    /// Check files or whole projects without running them
    #[command(after_help = format!("Examples:\n  flin check\n  flin check lib/shop.flin\n\n{EXIT_CODES}"))]
    Check {
        /// Files and folders of projects
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
    },
    /// Compile a program to bytecode
    #[command(after_help = format!("Example:\n  flin build app.flin -o app.flinc\n\n{EXIT_CODES}"))]
    Build {
        /// The program
        file: PathBuf,
        /// Where the bytecode goes; FILE with the ending .flinc where it is not said
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Show the bytecode of a program
    #[command(after_help = format!("Examples:\n  flin disasm app.flin\n  flin disasm app.flinc\n\n{EXIT_CODES}"))]
    Disasm {
        /// The program, as source or bytecode
        file: PathBuf,
    },
    /// Format source files in place, and say which were changed
    #[command(after_help = format!("Examples:\n  flin fmt\n  flin fmt --check lib app\n\n{EXIT_CODES}"))]
    Fmt {
        /// Change nothing; say which files need it, and end with 1 if any does
        #[arg(long)]
        check: bool,
        /// Files and folders with all that lies below them
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
    },
    /// Look a store through, write out what it holds, repair it or make it small
    #[command(
        long_about = "Look a store through, write out what it holds, repair it or make it small.\n\nA store is the \
                      folder that store.path in flin.config names, .flindb by default. No program may use it \
                      meanwhile. A copy of the folder is a backup.",
        after_help = format!("Examples:\n  flin store check\n  flin store dump shop/.flindb > rows.jsonl\n\n{EXIT_CODES}")
    )]
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Run the tests of a project
    #[command(
        long_about = "Run the tests of a project: every test block in the files below its tests/, each in a virtual \
                      machine and an empty folder of its own, with random numbers that are the same every time.",
        after_help = format!("Examples:\n  flin test\n  flin test shop/tests/orders.flin\n\n{EXIT_CODES}")
    )]
    Test {
        /// The project's folder, or one file of tests
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Show the version
    #[command(after_help = "Examples:\n  flin version\n  flin version --json")]
    Version {
        /// As JSON, for tools
        #[arg(long)]
        json: bool,
    },
}

/// What can be done with a store.
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Read all of it, change nothing, and say what is wrong
    #[command(
        after_help = "Example:\n  flin store check .flindb\n\nEnds with 1 where anything is damaged or missing."
    )]
    Check {
        /// The store's folder
        #[arg(default_value = ".flindb")]
        dir: PathBuf,
    },
    /// Write its rows to standard output, a line of JSON each
    #[command(
        long_about = "Write its rows to standard output, a line of JSON each, deleted ones included. Of a damaged \
                      store, what can be read.",
        after_help = "Example:\n  flin store dump --versions > rows.jsonl"
    )]
    Dump {
        /// The store's folder
        #[arg(default_value = ".flindb")]
        dir: PathBuf,
        /// Older versions too, each behind the one that replaced it
        #[arg(long)]
        versions: bool,
    },
    /// Make a damaged store open again with what can be read
    #[command(
        long_about = "Make a damaged store open again with what can be read: the rows of all intact blocks, and the \
                      transactions of the log before the first damage. What is dropped, later transactions and \
                      unreadable bytes, goes to a file before anything is changed; so does a torn end, which a \
                      start would leave out. Copy the folder first.",
        after_help = "Example:\n  flin store repair --dropped lost.jsonl"
    )]
    Repair {
        /// The store's folder
        #[arg(default_value = ".flindb")]
        dir: PathBuf,
        /// Where to write what is dropped; a new file. By default dropped-N.jsonl in the store's folder
        #[arg(long, value_name = "FILE")]
        dropped: Option<PathBuf>,
    },
    /// Make it as small as it can be: without older versions of destroyed rows, and with an empty log
    #[command(after_help = "Example:\n  flin store compact")]
    Compact {
        /// The store's folder
        #[arg(default_value = ".flindb")]
        dir: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
