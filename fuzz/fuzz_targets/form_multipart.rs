//! Forms: any bytes as a body, or a recipe for one, cut into pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::form_multipart::TARGET.run(data));
