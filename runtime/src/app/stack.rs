//! A native stack of known size for what walks trees natively: the parser, the checker, the compiler, the formatter.
//!
//! Whatever `ulimit -s` leaves the process's own thread, and whatever a thread pool gives its threads, the deepest tree
//! that the parser lets through takes a fraction of this one. Nothing of it is resident before it is used.

use crate::base::guard::{Guard, off};
use std::io;
use std::panic::resume_unwind;
use std::thread;

/// Bytes of it.
pub const STACK_BYTES: usize = 8 << 20;

/// Runs `work` on a thread with [`STACK_BYTES`] of stack and waits for it; a panic goes on in the caller. An error where
/// the system gives no such thread.
pub fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    if off(Guard::OwnStack) {
        return Ok(work());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn work_has_its_result_and_its_panic() {
        let here = thread::current().id();
        assert_ne!(on_own_stack(|| thread::current().id()).unwrap(), here);
        let panicking = || on_own_stack(|| resume_unwind(Box::new("p")));
        let panic: Result<io::Result<()>, _> = catch_unwind(panicking);
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"p"));
    }
}
