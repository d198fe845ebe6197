//! UTF-8, judged as it arrives.

/// A check that goes on where the last piece ended.
///
/// At most three bytes are carried over: those of a character that is not complete yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf8 {
    open: [u8; 4],
    len: usize,
}

/// What was read is the beginning of no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Utf8 {
    /// Reads a piece; false as soon as no continuation could make it text.
    pub fn read(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        let mut rest = piece;
        while self.len > 0 {
            let Some((&byte, others)) = rest.split_first() else { return Ok(()) };
            rest = others;
            *self.open.get_mut(self.len).ok_or(NotUtf8)? = byte;
            self.len = self.len.saturating_add(1);
            let open = self.open.get(..self.len).ok_or(NotUtf8)?;
            match std::str::from_utf8(open) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_some() => return Err(NotUtf8),
                Err(_) => {}
            }
        }
        let Err(error) = std::str::from_utf8(rest) else { return Ok(()) };
        if error.error_len().is_some() {
            return Err(NotUtf8);
        }
        let tail = rest.get(error.valid_up_to()..).unwrap_or_default();
        self.open.get_mut(..tail.len()).ok_or(NotUtf8)?.copy_from_slice(tail);
        self.len = tail.len();
        Ok(())
    }

    /// Is every character complete?
    pub const fn is_whole(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bad_byte_is_refused_at_once_and_a_torn_character_waits() {
        let mut check = Utf8::default();
        assert_eq!(check.read(b"a\xF4"), Ok(()));
        assert!(!check.is_whole());
        assert_eq!(check.clone().read(b"\x90"), Err(NotUtf8), "beyond U+10FFFF");
        assert_eq!(check.read(b"\x8F\xBF"), Ok(()));
        assert_eq!(check.read(b"\xBFz"), Ok(()));
        assert!(check.is_whole());
        assert_eq!(check.read(b"\xED"), Ok(()));
        assert_eq!(check.read(b"\xA0"), Err(NotUtf8), "a surrogate");
    }

    proptest! {
        #[test]
        fn pieces_are_judged_like_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..12), cut in 1usize..5) {
            let mut check = Utf8::default();
            let read = bytes.chunks(cut).try_for_each(|piece| check.read(piece));
            let whole = std::str::from_utf8(&bytes);
            prop_assert_eq!(read.is_ok() && check.is_whole(), whole.is_ok());
            // Refused exactly when no continuation helps.
            prop_assert_eq!(read.is_err(), whole.err().is_some_and(|error| error.error_len().is_some()));
        }
    }
}
