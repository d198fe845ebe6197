//! Any bytes as a JSON body, cut into pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::json_body::TARGET.run(data));
