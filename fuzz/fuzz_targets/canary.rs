//! Crashes on purpose, within seconds: if it ever does not, the fuzzers have stopped looking.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(!data.starts_with(b"FLIN"), "the canary was found"));
