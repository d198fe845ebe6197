//! Damaged, forged and left-over files of a store.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::wal_recovery::TARGET.run(data));
