//! LEB128 numbers of at most 64 bits, in their shortest form alone, and zigzag for signed ones.

/// Writes a number, 1 to 10 bytes.
pub fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// The number that `bytes` begin with, and the bytes behind it. None when they end inside it, or when it is longer than
/// needed or above 64 bits; see [`ends`].
#[inline]
pub fn take(bytes: &[u8]) -> Option<(u64, &[u8])> {
    // Most numbers are small.
    if let Some((&byte, rest)) = bytes.split_first()
        && byte & 0x80 == 0
    {
        return Some((u64::from(byte), rest));
    }
    let mut number = 0_u64;
    let mut rest = bytes;
    for shift in (0..64_u32).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        let low = u64::from(byte & 0x7f);
        let placed = low.checked_shl(shift)?;
        if placed.checked_shr(shift) != Some(low) {
            return None;
        }
        number |= placed;
        if byte & 0x80 == 0 {
            return (byte != 0 || shift == 0).then_some((number, rest));
        }
    }
    None
}

/// Do the bytes end inside a number? Tells a cut from a lie after [`take`] gave none.
pub fn ends(bytes: &[u8]) -> bool {
    bytes.len() < 10 && bytes.iter().all(|byte| byte & 0x80 != 0)
}

/// A signed number as an unsigned one, small when it is near 0.
pub fn zigzag(int: i64) -> u64 {
    ((int << 1) ^ (int >> 63)).cast_unsigned()
}

/// The signed number.
pub fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(take(&bytes), Some((number, &[][..])), "{number}");
            assert_eq!(take(&bytes[..bytes.len() - 1]), None, "{number}");
            assert!(ends(&bytes[..bytes.len() - 1]), "{number}");
        }
        for bad in [
            &[0x80, 0][..],
            &[0xff, 0x00],
            &[0xff; 10],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2],
        ] {
            assert_eq!(take(bad), None, "{bad:?}");
            assert!(!ends(bad), "{bad:?}");
        }
    }

    #[test]
    fn signed_numbers_come_back() {
        for (int, number) in [(0, 0), (-1, 1), (1, 2), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)] {
            assert_eq!((zigzag(int), unzigzag(number)), (number, int));
        }
    }
}
