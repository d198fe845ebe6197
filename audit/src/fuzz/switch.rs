//! Takes a guard away from a target of the knock-out build: the one that the environment names.

use flin_runtime::base::guard::{self, Guard};
use std::sync::Once;

/// Names the guard.
const VARIABLE: &str = "FLIN_KNOCK_OUT";

static ONCE: Once = Once::new();

/// Switches the guard off, once.
pub fn knock_out() {
    ONCE.call_once(|| {
        let Ok(name) = std::env::var(VARIABLE) else { return };
        let Some(guard) = Guard::by_name(&name) else {
            // No panic: it would pass for a finding.
            eprintln!("{VARIABLE}: there is no guard {name}");
            std::process::exit(2);
        };
        guard::knock_out(guard);
    });
}
