//! What a peer of a WebSocket sends.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| audit::fuzz::websocket::TARGET.run(data));
