//! The `flin` command line; all of it is in `flin_runtime::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    flin_runtime::cli::main(std::env::args_os())
}
