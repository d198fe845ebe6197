//! Mutants of real sources: bytes flipped, ranges removed, doubled, moved or taken from another source, tokens put in.

use super::Mutator;
use super::random::Random;
use crate::fuzz::dictionary;
use crate::fuzz::source;
use std::path::{Path, PathBuf};

/// Sources are cut to so many bytes: many small inputs see more than few large ones.
const SEED_BYTES_MAX: usize = 600;

/// Mutants of these sources.
#[derive(Debug)]
pub struct Source {
    seeds: Vec<Vec<u8>>,
    tokens: Vec<Vec<u8>>,
    compiled: u64,
    judged: u64,
}

impl Source {
    /// Mutants of these sources.
    pub fn new(sources: Vec<Vec<u8>>) -> Self {
        let seeds = sources.iter().flat_map(|source| pieces(source)).collect();
        Self { seeds, tokens: dictionary::tokens(source::DICTIONARY), compiled: 0, judged: 0 }
    }

    /// Mutants of the programs that lie in the repository: examples, language tests, the fuzzer's seeds, and what the
    /// language reference shows.
    pub fn of_repository(repository: &Path) -> std::io::Result<Self> {
        let mut sources = Vec::new();
        for folder in ["examples", "runtime/tests/language", "fuzz/corpus/source"] {
            for path in files(&repository.join(folder))? {
                sources.push(std::fs::read(path)?);
            }
        }
        let reference = std::fs::read_to_string(repository.join("runtime/docs/language.md"))?;
        sources.extend(fenced(&reference).map(Vec::from));
        Ok(Self::new(sources))
    }

    fn seed(&self, random: &mut Random) -> &[u8] {
        self.seeds.get(random.below(self.seeds.len())).map_or(&[], Vec::as_slice)
    }
}

impl Mutator for Source {
    fn make(&self, random: &mut Random) -> Vec<u8> {
        let mut input = self.seed(random).to_vec();
        // One to five, mostly one: what is changed much seldom gets past the parser.
        for _ in 0..=random.below(3) * random.below(3) {
            self.change(&mut input, random);
        }
        input
    }

    fn judge(&mut self, input: &[u8]) {
        self.judged += 1;
        self.compiled += u64::from(source::judge(input, false));
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("compiled and run", self.compiled)]
    }
}

impl Source {
    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(input.len() + 1);
        let end = at + random.below((input.len() - at).min(40) + 1);
        match random.below(8) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            1 => {
                input.drain(at..end);
            }
            2 => {
                let range = input[at..end].to_vec();
                let times = 1 + random.below(4);
                input.splice(at..at, range.repeat(times));
            }
            3 => {
                let range: Vec<u8> = input.drain(at..end).collect();
                let to = random.below(input.len() + 1);
                input.splice(to..to, range);
            }
            4 => {
                let other = self.seed(random);
                let from = random.below(other.len() + 1);
                let taken = other[from..].iter().take(60).copied();
                input.splice(at..end, taken);
            }
            5 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.draw() as u8;
                }
            }
            _ => {
                let token = self.tokens.get(random.below(self.tokens.len())).cloned().unwrap_or_default();
                let end = if random.below(2) == 0 { at } else { end.min(at + token.len()) };
                input.splice(at..end, token);
            }
        }
    }
}

/// The source in pieces that end at line breaks, each small enough.
fn pieces(source: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    for line in source.split_inclusive(|byte| *byte == b'\n') {
        if pieces
            .last()
            .is_some_and(|piece: &Vec<u8>| !piece.is_empty() && piece.len() + line.len() > SEED_BYTES_MAX)
        {
            pieces.push(Vec::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.extend(line.iter().take(SEED_BYTES_MAX));
        }
    }
    pieces
}

/// What stands between fences that say `flin`.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```flin").skip(1).filter_map(|block| {
        let (_, block) = block.split_once('\n')?;
        block.split_once("```").map(|(code, _)| code)
    })
}

/// The files of a folder, in order; folders below it are left out.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_gives_programs() {
        let text = "a\n```flin\nx = 1\n```\nb\n```text\nno\n```\n```flin run\ny\n```\n";
        assert_eq!(fenced(text).collect::<Vec<_>>(), ["x = 1\n", "y\n"]);
    }

    #[test]
    fn pieces_are_small_and_lose_no_short_line() {
        let source = "x = 1234\n".repeat(200);
        let pieces = pieces(source.as_bytes());
        assert!(pieces.iter().all(|piece| piece.len() <= SEED_BYTES_MAX));
        assert_eq!(pieces.concat(), source.as_bytes());
    }

    #[test]
    fn mutants_of_the_repositorys_programs_are_harmless_and_some_still_compile() {
        let mut mutator = Source::of_repository(&crate::repository()).unwrap();
        assert!(mutator.seeds.len() > 40, "{}", mutator.seeds.len());
        for number in 0..400 {
            let input = mutator.make(&mut Random::new(11, number));
            mutator.judge(&input);
        }
        assert!(mutator.compiled * 40 > mutator.judged, "{} of {}", mutator.compiled, mutator.judged);
    }
}
