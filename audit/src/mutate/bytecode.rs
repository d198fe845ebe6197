//! Mutants of modules that the compiler made: instructions changed, files damaged, checksums made right again.

use super::Mutator;
use super::random::Random;
use crate::fuzz::bytecode::{self, Reached};

/// The count of mutants that the loader took.
pub const LOADED: &str = "loaded";
/// The count of mutants that the verifier vouched for.
pub const VERIFIED: &str = "verified";
/// Choices that a mutant takes at most.
const CHOICES: usize = 32;

/// Counts how far mutants come.
#[derive(Debug, Default)]
pub struct Bytecode {
    refused: u64,
    decoded: u64,
    verified: u64,
}

impl Mutator for Bytecode {
    fn make(&self, random: &mut Random) -> Vec<u8> {
        bytecode::mutant(&bytecode::MODULES_TO_CHANGE, &random.bytes(CHOICES))
    }

    fn judge(&mut self, input: &[u8]) {
        match bytecode::judge(input) {
            Reached::Refused => self.refused += 1,
            Reached::Decoded => self.decoded += 1,
            Reached::Verified => self.verified += 1,
        }
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![(LOADED, self.decoded + self.verified), (VERIFIED, self.verified)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_half_of_the_mutants_load_and_a_tenth_verify() {
        let mut mutator = Bytecode::default();
        for number in 0..2000 {
            let input = mutator.make(&mut Random::new(3, number));
            mutator.judge(&input);
        }
        let Bytecode { refused, decoded, verified } = mutator;
        assert!(decoded + verified >= refused, "{mutator:?}");
        assert!(verified * 9 >= refused + decoded, "{mutator:?}");
        assert!(mutator.refused > 0 && mutator.decoded > 0, "{mutator:?}");
    }
}
