//! Small programs built the way that the runtime is not: each crashes under the stimulus of a vector whose guard is the
//! design itself, so that there is nothing to switch off.

mod native_recursion;
mod recursive_drop;
mod trusting_sort;

use crate::harness::Channel;

/// A counter-model: it is given the stimulus and is expected not to return.
pub type CounterModel = fn(&mut Channel);

/// All, by name; the name is that of the file, too.
const ALL: [(&str, CounterModel); 3] = [
    ("native-recursion", native_recursion::run),
    ("recursive-drop", recursive_drop::run),
    ("trusting-sort", trusting_sort::run),
];

/// The counter-model of that name.
pub fn find(name: &str) -> Option<CounterModel> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, model)| *model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use std::collections::BTreeSet;

    #[test]
    fn every_counter_model_that_a_vector_names_exists_and_each_is_named() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let without = catalogue.entries.iter().filter_map(|entry| entry.vector.without.as_ref());
        let named: BTreeSet<&str> = without.filter_map(|without| without.counter_model.as_deref()).collect();
        assert_eq!(named, ALL.map(|(name, _)| name).into());
    }
}
