//! Generated inputs, each with a model that says what it must give: exhaustive where the space is small, the boundary
//! values everywhere else. The models are slow and obvious, and share no code with the runtime.

mod cases;
mod crowd;
mod disk;
mod ints;
mod joins;
mod limits;
mod lists;
mod patterns;
mod requests;
mod settings;
mod sources;
mod stack;
mod texts;
mod work;

use super::lab::Lab;
use super::{DriverError, served};

/// Tries all inputs of one kind.
pub type Sweep = fn(&mut Lab) -> Result<(), DriverError>;

const SWEEPS: &[(&str, Sweep)] = &[
    ("int-add", ints::add),
    ("int-subtract", ints::subtract),
    ("int-multiply", ints::multiply),
    ("int-divide", ints::divide),
    ("int-remainder", ints::remainder),
    ("int-power", ints::power),
    ("int-negate", ints::negate),
    ("int-abs", ints::abs),
    ("int-sum", ints::sum),
    ("number-to-int", ints::convert),
    ("list-read", lists::read),
    ("list-write", lists::write),
    ("list-slice", lists::slice),
    ("list-slice-long", lists::slice_long),
    ("sort-adversarial", lists::sort),
    ("text-slice", texts::slice),
    ("text-slice-deep", texts::slice_deep),
    ("text-index", texts::index),
    ("text-search", texts::search),
    ("text-width", texts::width),
    ("case-every-code-point", cases::every_code_point),
    ("case-pairs", cases::pairs),
    ("source-unterminated", sources::unterminated),
    ("source-truncated", sources::truncated),
    ("source-replaced", sources::replaced),
    ("source-positions", sources::positions),
    ("source-bytes", sources::bytes),
    ("file-bytes", sources::file_bytes),
    ("nesting-boundary", sources::nesting),
    ("many-names", sources::many_names),
    ("larger-than-the-budget", disk::larger_than_the_budget),
    ("drift", limits::drift),
    ("drift-in-threads", limits::drift_in_threads),
    ("drift-of-requests", limits::drift_of_requests),
    ("drift-for-long", limits::drift_for_long),
    ("many-machines", crowd::many_machines),
    ("deadline-kept", limits::deadline_kept),
    ("colliding-keys", work::colliding_keys),
    ("doubled-input", work::doubled_input),
    ("colliding-requests", requests::colliding_requests),
    ("doubled-requests", requests::doubled_requests),
    ("small-native-stack", stack::small_native_stack),
    ("native-stack-of-calls", stack::of_calls),
    ("native-stack-of-callbacks", stack::of_callbacks),
    ("named-pipes", disk::pipes),
    ("deep-folders", disk::deep_folders),
    ("data-folders", disk::data_folders),
    ("many-patterns", patterns::many_patterns),
    ("known-joins", joins::known_joins),
    ("token-joins", joins::token_joins),
    ("pattern-matches", patterns::pattern_matches),
];

/// Those that reach the layers of a server.
const SERVED: &[(&str, Sweep)] = &[
    ("connection-burst", served::burst),
    ("slow-clients", served::slow),
    ("clients-that-vanish", served::vanish),
    ("no-descriptors", served::no_descriptors),
    ("panics-in-routes", served::route),
    ("panics-outside", served::outside),
    ("entities-that-change", served::entities),
    ("readers", served::readers),
    ("ways-out-of-folders", served::folders),
    ("network-bytes", served::network_bytes),
    ("fairness", served::fairness),
    ("crowd-of-requests", served::crowd),
    ("websocket-frames", served::frames),
    ("panics-in-messages", served::message),
    ("panics-in-generators", served::generator),
    ("panics-in-jobs", served::job),
    ("panics-in-the-console", served::console_panics),
    ("strangers-at-the-console", served::console_abuse),
    ("sessions-kept-and-replayed", served::sessions),
    ("consumers-that-do-not-read", served::consumers),
    ("malformed-configuration", settings::malformed),
    ("jobs-too-often", settings::intervals),
    ("clocks-that-jump", settings::clocks),
];

/// Does it reach the layers of a server?
pub fn is_served(name: &str) -> bool {
    SERVED.iter().any(|(known, _)| *known == name)
}

/// The sweep of that name.
pub fn find(name: &str) -> Result<Sweep, DriverError> {
    let found = SWEEPS.iter().chain(SERVED).find(|(known, _)| *known == name);
    found.map(|(_, sweep)| *sweep).ok_or_else(|| DriverError::UnknownSweep { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Driver};

    #[test]
    fn every_sweep_that_a_vector_names_exists_and_each_is_named() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let programs = catalogue
            .entries
            .iter()
            .filter(|entry| matches!(entry.vector.driver, Driver::Program | Driver::Scenario));
        let named: Vec<&str> =
            programs.flat_map(|entry| entry.vector.sweep.iter().map(|s| s.name.as_str())).collect();
        for name in &named {
            assert!(find(name).is_ok(), "{name}");
        }
        for (name, _) in SWEEPS.iter().chain(SERVED) {
            assert!(named.contains(name), "no vector names {name}");
        }
    }
}
