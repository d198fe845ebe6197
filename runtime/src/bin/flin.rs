//! The `flin` command line; all of it is in `flin_runtime::cli`.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A server allocates on one thread what it frees on the same one soon after, in small pieces: what this one is made for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    flin_runtime::cli::main(std::env::args_os())
}
