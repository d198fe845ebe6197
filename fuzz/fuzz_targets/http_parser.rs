//! Any bytes as a connection.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::http_parser::TARGET.run(data));
