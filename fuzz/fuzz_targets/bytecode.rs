//! Bytes as a `.flinc` file: raw ones, and mutants of real modules whose checksum is made right again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::bytecode::TARGET.run(data));
