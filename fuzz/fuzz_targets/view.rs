//! Elements, attributes and components with hostile texts in them, read back by a strict reader of HTML.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::view::TARGET.run(data));
