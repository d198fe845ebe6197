//! Any bytes as a JSON body, cut into pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::run("json_body", data));
