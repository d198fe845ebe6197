//! Operations, transactions, failing disks and crashes of a store.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::store_model::TARGET.run(data));
