//! Cron expressions and clocks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::cron_expression::TARGET.run(data));
