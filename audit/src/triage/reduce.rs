//! Makes a failing input smaller while it fails in the same way: whole lines first, then ever shorter runs of bytes,
//! then simpler bytes.

/// Reduces `input`, asking at most `tries_max` times whether a candidate still `fails`.
pub fn reduce<E>(
    input: Vec<u8>,
    tries_max: usize,
    fails: impl FnMut(&[u8]) -> Result<bool, E>,
) -> Result<Vec<u8>, E> {
    let mut search = Search { best: input, left: tries_max, fails };
    search.lines()?;
    search.runs()?;
    search.simpler()?;
    Ok(search.best)
}

struct Search<F> {
    best: Vec<u8>,
    left: usize,
    fails: F,
}

impl<E, F: FnMut(&[u8]) -> Result<bool, E>> Search<F> {
    /// Takes the candidate if it still fails.
    fn offer(&mut self, candidate: Vec<u8>) -> Result<bool, E> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let taken = (self.fails)(&candidate)?;
        if taken {
            self.best = candidate;
        }
        Ok(taken)
    }

    fn lines(&mut self) -> Result<(), E> {
        let mut at = 0;
        loop {
            let lines: Vec<&[u8]> = self.best.split_inclusive(|byte| *byte == b'\n').collect();
            if lines.len() < 2 || at >= lines.len() || self.left == 0 {
                return Ok(());
            }
            let without = [&lines[..at], &lines[at + 1..]].concat().concat();
            if !self.offer(without)? {
                at += 1;
            }
        }
    }

    fn runs(&mut self) -> Result<(), E> {
        let mut length = self.best.len() / 2;
        while length > 0 && self.left > 0 {
            let mut at = 0;
            while at < self.best.len() && self.left > 0 {
                let end = (at + length).min(self.best.len());
                let without = [&self.best[..at], &self.best[end..]].concat();
                if !self.offer(without)? {
                    at += length;
                }
            }
            length /= 2;
        }
        Ok(())
    }

    /// Zeros say less than anything else does, and a digit less than a word.
    fn simpler(&mut self) -> Result<(), E> {
        for at in 0..self.best.len() {
            let now = self.best[at];
            let plain = if now.is_ascii_graphic() { b'0' } else { 0 };
            if now == plain || now.is_ascii_whitespace() {
                continue;
            }
            let mut candidate = self.best.clone();
            candidate[at] = plain;
            self.offer(candidate)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn reduced(input: &[u8], tries: usize, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let Ok(best) = reduce(input.to_vec(), tries, |bytes| Ok::<_, Infallible>(fails(bytes)));
        best
    }

    #[test]
    fn only_what_makes_it_fail_is_left() {
        let input = b"let a = 1\nprint(a)\nxs[5] = 10 / 0\nprint(b)\n";
        let best = reduced(input, 1000, |bytes| bytes.windows(4).any(|w| w == b"/ 0\n" || w == b"/ 0"));
        assert_eq!(best, b"/ 0\n");
    }

    #[test]
    fn without_tries_nothing_changes() {
        assert_eq!(reduced(b"abc", 0, |_| true), b"abc");
    }

    #[test]
    fn everything_may_go() {
        assert_eq!(reduced(b"abcdef", 100, |_| true), b"");
    }

    #[test]
    fn what_fails_only_as_it_is_stays() {
        assert_eq!(reduced(b"a\nb", 100, |bytes| bytes == b"a\nb"), b"a\nb");
    }
}
