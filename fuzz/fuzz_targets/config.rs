//! Any bytes as a `flin.config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::config::TARGET.run(data));
