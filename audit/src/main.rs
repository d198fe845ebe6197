//! The audit's command line. What it does lies in the library; this file only hands over the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    audit::cli::main()
}
