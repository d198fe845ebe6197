//! Random numbers of one VM: a stream cipher's output, so that tokens cannot be guessed and tests can be repeated.

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// Seeded by the driver: from the system's entropy, or with zeros in tests. The cipher is set up when the first number is
/// asked for, which most requests never do.
#[derive(Debug)]
pub struct Random {
    seed: [u8; 32],
    cipher: Option<Box<ChaCha12Rng>>,
}

impl Random {
    /// Numbers that follow from the seed alone.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, cipher: None }
    }

    fn cipher(&mut self) -> &mut ChaCha12Rng {
        self.cipher.get_or_insert_with(|| Box::new(ChaCha12Rng::from_seed(self.seed)))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.cipher().next_u64()
    }

    /// Fills the bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.cipher().fill_bytes(bytes);
    }
}
