//! Between the two forms of a row's data: the declared one, all fields of a program's declaration in order, and the
//! stored one, which names its fields by their numbers in the catalogue and outlives every declaration.

use super::{Binding, Bound};
use crate::record::{DataError, DataFault, Reader, Token, Writer, split_uint, split_value};
use crate::store::{FieldId, TypeId};
use std::sync::Arc;

/// The fields of a row in the stored form, rising by number. Ends behind the first error. Values are passed over: that
/// they are well-formed was seen when the row came in, from a program or from a file.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    data: &'a [u8],
    rest: &'a [u8],
    left: Option<u64>,
    last: Option<u32>,
}

impl<'a> Fields<'a> {
    /// Those of `data`.
    pub fn of(data: &'a [u8]) -> Self {
        Self { data, rest: data, left: None, last: None }
    }

    fn step(&mut self) -> Result<Option<(FieldId, &'a [u8])>, DataError> {
        let left = match self.left {
            Some(left) => left,
            None => self.uint()?,
        };
        let offset = self.offset();
        let Some(after) = left.checked_sub(1) else {
            let is_end = self.rest.is_empty();
            return if is_end { Ok(None) } else { Err(DataError { offset, fault: DataFault::Rest }) };
        };
        self.left = Some(after);
        let id = u32::try_from(self.uint()?).ok().filter(|id| self.last.is_none_or(|last| last < *id));
        let id = id.ok_or(DataError { offset, fault: DataFault::Order })?;
        self.last = Some(id);
        let within = |error: DataError| error.behind(self.offset());
        let (value, rest) = split_value(self.rest).map_err(within)?;
        self.rest = rest;
        Ok(Some((FieldId(id), value)))
    }

    fn uint(&mut self) -> Result<u64, DataError> {
        let (number, rest) = split_uint(self.rest).map_err(|error| error.behind(self.offset()))?;
        self.rest = rest;
        Ok(number)
    }

    fn offset(&self) -> usize {
        self.data.len().saturating_sub(self.rest.len())
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(FieldId, &'a [u8]), DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            // An empty rest that ends again and again.
            (self.data, self.rest, self.left) = (&[], &[], Some(0));
        }
        step
    }
}

/// The encoded value of one field of a row in the stored form; none when the row has not got the field. It and [`short`]
/// go through the row themselves: a look-up does little else, and [`Fields`] takes three times the instructions, to say
/// where a fault is.
pub fn field(data: &[u8], wanted: FieldId) -> Option<&[u8]> {
    let (mut left, mut rest) = split_uint(data).ok()?;
    while let Some(others) = left.checked_sub(1) {
        let (id, behind) = split_uint(rest).ok()?;
        if id > u64::from(wanted.0) {
            return None;
        }
        let (value, behind) = split_value(behind).ok()?;
        if id == u64::from(wanted.0) {
            return Some(value);
        }
        (left, rest) = (others, behind);
    }
    None
}

/// The ids that an encoded value refers to.
pub fn each_reference(value: &[u8], each: &mut dyn FnMut(u64)) {
    let mut reader = Reader::new(value);
    while let Ok(Some(token)) = reader.token() {
        if let Token::Reference(to) = token {
            each(to);
        }
    }
}

/// Writes fields, rising by number, in the stored form.
pub(crate) fn store<'a>(
    fields: impl ExactSizeIterator<Item = (FieldId, &'a [u8])>,
) -> Result<Arc<[u8]>, DataFault> {
    let mut out = Writer::new();
    out.uint(fields.len() as u64);
    for (id, value) in fields {
        out.uint(u64::from(id.0));
        out.encoded(value);
    }
    Ok(out.finish()?.into())
}

impl Binding {
    /// The stored form of `declared`, which is all declared fields of an entity in order.
    ///
    /// # Errors
    ///
    /// When the data is malformed, or has another number of fields.
    pub fn stored(&self, entity: &Bound, declared: &[u8]) -> Result<Arc<[u8]>, DataError> {
        let mut reader = Reader::new(declared);
        let mut fields = Vec::with_capacity(entity.fields.len());
        for field in &entity.fields {
            let offset = reader.offset();
            fields.push((field.id, reader.encoded()?.ok_or(DataError { offset, fault: DataFault::End })?));
        }
        reader.finish()?;
        fields.sort_unstable_by_key(|(id, _)| *id);
        store(fields.into_iter()).map_err(|fault| DataError { offset: 0, fault })
    }

    /// The declared form of `stored`: a field that the row has not got is its constant default, or none; ints are
    /// numbers where the declaration says so now; what is no longer declared is left out.
    pub fn declared(&self, entity: &Bound, stored: &[u8]) -> Result<Arc<[u8]>, DataError> {
        if entity.in_order {
            return match short(entity, stored) {
                Some(data) => Ok(data),
                None => self.declared_in_order(entity, stored),
            };
        }
        let fields = Fields::of(stored).collect::<Result<Vec<_>, _>>()?;
        let mut out = Writer::new();
        for field in &entity.fields {
            match fields.binary_search_by_key(&field.id, |(id, _)| *id).ok().and_then(|at| fields.get(at)) {
                Some((_, value)) if field.widens => widen(&mut out, value)?,
                Some((_, value)) => out.encoded(value),
                None => out.encoded(&field.missing),
            }
        }
        Ok(out.finish().map_err(|fault| DataError { offset: 0, fault })?.into())
    }

    /// The same where fields are declared in the order of their numbers, as they are until a declaration changes: both are
    /// gone through side by side.
    fn declared_in_order(&self, entity: &Bound, stored: &[u8]) -> Result<Arc<[u8]>, DataError> {
        let mut out = Writer::with_capacity(stored.len());
        let mut declared = entity.fields.iter().peekable();
        for field in Fields::of(stored) {
            let (id, value) = field?;
            while let Some(missing) = declared.next_if(|declared| declared.id < id) {
                out.encoded(&missing.missing);
            }
            match declared.next_if(|declared| declared.id == id) {
                Some(declared) if declared.widens => widen(&mut out, value)?,
                Some(_) => out.encoded(value),
                // No longer declared.
                None => {}
            }
        }
        declared.for_each(|declared| out.encoded(&declared.missing));
        Ok(out.finish().map_err(|fault| DataError { offset: 0, fault })?.into())
    }

    /// `new` with those fields of `current` that the program does not declare.
    pub(crate) fn carry(
        &self,
        entity: &Bound,
        new: &Arc<[u8]>,
        current: &[u8],
    ) -> Result<Arc<[u8]>, DataError> {
        let hidden = Fields::of(current)
            .filter(|field| !matches!(field, Ok((id, _)) if entity.by_id(*id).is_some()))
            .collect::<Result<Vec<_>, _>>()?;
        if hidden.is_empty() {
            return Ok(new.clone());
        }
        let mut fields = Fields::of(new).collect::<Result<Vec<_>, _>>()?;
        fields.extend(hidden);
        fields.sort_unstable_by_key(|(id, _)| *id);
        fields.dedup_by_key(|(id, _)| *id);
        store(fields.into_iter()).map_err(|fault| DataError { offset: 0, fault })
    }

    /// The type of an entity of the program.
    pub fn ty(&self, entity: u32) -> Option<TypeId> {
        self.entity(entity).map(|bound| bound.ty)
    }
}

/// The declared form of a short row that has just the declared fields, in their order and as they are declared: without
/// an allocation but its own. None for all others, damaged ones too.
fn short(entity: &Bound, stored: &[u8]) -> Option<Arc<[u8]>> {
    /// Most rows; clearing more would cost more than it saves.
    const BYTES: usize = 256;
    let mut out = [0_u8; BYTES];
    let (count, mut rest) = split_uint(stored).ok()?;
    if count != entity.fields.len() as u64 {
        return None;
    }
    let mut length = 0_usize;
    for declared in &entity.fields {
        let (id, behind) = split_uint(rest).ok()?;
        if id != u64::from(declared.id.0) || declared.widens {
            return None;
        }
        let (value, behind) = split_value(behind).ok()?;
        let end = length.checked_add(value.len())?;
        out.get_mut(length..end)?.copy_from_slice(value);
        (length, rest) = (end, behind);
    }
    if rest.is_empty() { out.get(..length).map(Arc::from) } else { None }
}

/// What an int is as a number: the nearest.
#[expect(clippy::cast_precision_loss, reason = "it is meant to be the nearest, as language.md says")]
pub(crate) const fn widened(int: i64) -> f64 {
    int as f64
}

/// Writes a value whose ints are numbers now.
fn widen(out: &mut Writer, value: &[u8]) -> Result<(), DataError> {
    let mut reader = Reader::new(value);
    loop {
        let offset = reader.offset();
        let token = match reader.token()? {
            None => return Ok(()),
            Some(Token::Int(int)) => Token::Number(widened(int)),
            Some(token) => token,
        };
        out.token(token).map_err(|fault| DataError { offset, fault })?;
    }
}
