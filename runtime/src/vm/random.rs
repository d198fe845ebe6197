//! Random numbers of one VM: a stream cipher's output, so that tokens cannot be guessed and tests can be repeated.

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// Seeded by the driver: from the system's entropy, or with zeros in tests.
#[derive(Debug)]
pub struct Random(ChaCha12Rng);

impl Random {
    /// Numbers that follow from the seed alone.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Fills the bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
