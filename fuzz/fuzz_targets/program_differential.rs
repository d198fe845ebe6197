//! Generated programs, run by the VM and judged by the evaluator.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::program_differential::TARGET.run(data));
