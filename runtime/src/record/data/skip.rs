//! Where an encoded value ends, for bytes that were read whole once: only lengths are looked at, not texts, nor how deep it
//! nests. It is what a look-up does most.

use super::{DataError, DataFault, number, tag};

/// The bytes of the first whole value, as [`Reader::encoded`](super::Reader::encoded) gives them, and what is behind it.
///
/// # Errors
///
/// When the bytes end inside the value, or when no value begins there.
#[inline]
pub fn split_value(bytes: &[u8]) -> Result<(&[u8], &[u8]), DataError> {
    let at = |rest: &[u8]| bytes.len().saturating_sub(rest.len());
    let (mut left, mut rest) = pass(bytes).map_err(|fault| DataError { offset: 0, fault })?;
    while let Some(others) = left.checked_sub(1) {
        let (inside, behind) = pass(rest).map_err(|fault| DataError { offset: at(rest), fault })?;
        // Each value takes a byte at the least, so that what lies about its length meets the end.
        (left, rest) = (others.saturating_add(inside), behind);
    }
    bytes.split_at_checked(at(rest)).ok_or(DataError { offset: 0, fault: DataFault::End })
}

/// The bare number that the bytes begin with, as counts and field numbers are, and what is behind it.
///
/// # Errors
///
/// When the bytes end inside the number, or when it is not in its shortest form.
#[inline]
pub fn split_uint(bytes: &[u8]) -> Result<(u64, &[u8]), DataError> {
    number(bytes).map_err(|fault| DataError { offset: 0, fault })
}

/// The bytes of a text that is encoded; none when it is another value.
#[inline]
pub fn text_bytes(encoded: &[u8]) -> Option<&[u8]> {
    let (&tag::TEXT, rest) = encoded.split_first()? else { return None };
    let (length, text) = count(rest).ok()?;
    Some(text).filter(|text| text.len() == length)
}

/// How many values follow inside the first piece, and what is behind it.
#[inline]
fn pass(bytes: &[u8]) -> Result<(usize, &[u8]), DataFault> {
    let (&tag, rest) = bytes.split_first().ok_or(DataFault::End)?;
    Ok(match tag {
        tag::NONE | tag::FALSE | tag::TRUE => (0, rest),
        tag::INT | tag::TIME | tag::REFERENCE => (0, number(rest)?.1),
        tag::NUMBER => (0, behind(rest, size_of::<f64>())?),
        tag::TEXT => {
            let (length, rest) = count(rest)?;
            (0, behind(rest, length)?)
        }
        tag::LIST => count(rest)?,
        tag::MAP => {
            let (entries, rest) = count(rest)?;
            (entries.checked_mul(2).ok_or(DataFault::Count)?, rest)
        }
        tag::VARIANT => {
            let (length, rest) = count(rest)?;
            count(behind(rest, length)?)?
        }
        other => return Err(DataFault::Tag(other)),
    })
}

#[inline]
fn count(bytes: &[u8]) -> Result<(usize, &[u8]), DataFault> {
    let (count, rest) = number(bytes)?;
    Ok((usize::try_from(count).map_err(|_| DataFault::Count)?, rest))
}

#[inline]
fn behind(bytes: &[u8], length: usize) -> Result<&[u8], DataFault> {
    bytes.get(length..).ok_or(DataFault::End)
}
