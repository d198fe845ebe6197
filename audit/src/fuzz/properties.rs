//! The oracles of random histories and of code that was verified, as properties: random bytes through their targets, new
//! ones for each seed (`PROPTEST_RNG_SEED`), and shrunk where one does not hold.

use super::{bytecode, bytecode_verified, store_model};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn operations_transactions_crashes_and_reopenings_agree_with_maps_that_keep_history(
        bytes in vec(any::<u8>(), 0..300),
    ) {
        store_model::target(&bytes);
    }

    #[test]
    fn plausible_modules_that_verify_run_without_an_internal_error(bytes in vec(any::<u8>(), 0..400)) {
        bytecode_verified::target(&bytes);
    }

    #[test]
    fn changed_modules_are_refused_or_run_without_an_internal_error(
        which in any::<u8>(),
        changes in vec(any::<u8>(), 0..40),
    ) {
        // An odd first byte: a module that is changed, not a file of raw bytes.
        let bytes: Vec<u8> = [which | 1].into_iter().chain(changes).collect();
        bytecode::target(&bytes);
    }
}
