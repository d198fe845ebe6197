//! A recipe for a sequence of requests.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::http_sequence::TARGET.run(data));
