//! Every text operation, over texts of every UTF-8 width, against the vectors of characters of [`crate::oracle`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::unicode_text::TARGET.run(data));
