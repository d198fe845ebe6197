//! Plausible modules, most of which verify, doing what no compiler would ask for.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::bytecode_verified::TARGET.run(data));
