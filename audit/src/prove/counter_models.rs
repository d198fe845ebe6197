//! Small programs built the way that the runtime is not: each crashes under the stimulus of a vector whose guard is the
//! design itself, so that there is nothing to switch off.

mod native_recursion;
mod recursive_drop;
mod trusting_sort;

use crate::harness::Channel;

/// A counter-model: it is given the stimulus and is expected not to return.
pub type CounterModel = fn(&mut Channel);

/// The counter-model of that name.
pub fn find(name: &str) -> Option<CounterModel> {
    match name {
        "native-recursion" => Some(native_recursion::run),
        "recursive-drop" => Some(recursive_drop::run),
        "trusting-sort" => Some(trusting_sort::run),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_counter_model_that_a_vector_names_exists() {
        let catalogue = crate::catalogue::Catalogue::load(&crate::repository()).unwrap();
        for entry in catalogue.entries {
            if let Some(name) = entry.vector.without.and_then(|without| without.counter_model) {
                assert!(super::find(&name).is_some(), "{} names {name}", entry.vector.id);
            }
        }
    }
}
