//! The section of entities.

use super::error::{DecodeError, Tag};
use super::reader::Reader;
use crate::base::span::to_usize;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Rule, data};

pub(super) fn entity(reader: &mut Reader<'_>) -> Result<EntityShape, DecodeError> {
    let groups = |reader: &mut Reader<'_>| reader.list(4, |r| r.list(4, Reader::u32));
    Ok(EntityShape {
        name: reader.text()?,
        fields: reader.list(16, field)?,
        unique: groups(reader)?,
        indexes: groups(reader)?,
    })
}

fn field(reader: &mut Reader<'_>) -> Result<FieldShape, DecodeError> {
    Ok(FieldShape {
        name: reader.text()?,
        ty: field_type(reader)?,
        optional: reader.flag()?,
        hidden: reader.flag()?,
        constant: if reader.flag()? { Some(datum(reader)?) } else { None },
        default: reader.option()?,
        rules: reader.list(1, rule)?,
        on_delete: on_delete(reader)?,
    })
}

fn on_delete(reader: &mut Reader<'_>) -> Result<OnDelete, DecodeError> {
    let offset = reader.offset();
    match reader.u8()? {
        0 => Ok(OnDelete::Restrict),
        1 => Ok(OnDelete::Cascade),
        2 => Ok(OnDelete::SetNone),
        found => Err(DecodeError::Tag { offset, tag: Tag::OnDelete, found }),
    }
}

fn field_type(reader: &mut Reader<'_>) -> Result<FieldType, DecodeError> {
    let levels = reader.u8()?;
    let offset = reader.offset();
    let leaf = match reader.u8()? {
        0 => FieldType::Int,
        1 => FieldType::Number,
        2 => FieldType::Text,
        3 => FieldType::Bool,
        4 => FieldType::Time,
        5 => FieldType::Enum(reader.u32()?),
        6 => FieldType::AnyList,
        7 => FieldType::AnyMap,
        8 => FieldType::Reference(reader.u32()?),
        9 => FieldType::Any,
        found => return Err(DecodeError::Tag { offset, tag: Tag::FieldType, found }),
    };
    Ok((0..levels).fold(leaf, |inner, _| FieldType::List(Box::new(inner))))
}

/// One value, in its one spelling.
fn datum(reader: &mut Reader<'_>) -> Result<Datum, DecodeError> {
    let bytes = to_usize(reader.u32()?);
    let offset = reader.offset();
    let decoded = data::decode(reader.take(bytes)?);
    match decoded {
        Ok(values) => match <[Datum; 1]>::try_from(values) {
            Ok([value]) => Ok(value),
            Err(values) => Err(DecodeError::Values { offset, found: values.len() }),
        },
        Err(error) => Err(DecodeError::Value { offset, error }),
    }
}

fn rule(reader: &mut Reader<'_>) -> Result<Rule, DecodeError> {
    let offset = reader.offset();
    Ok(match reader.u8()? {
        0 => Rule::Required,
        1 => Rule::Min(datum(reader)?),
        2 => Rule::Max(datum(reader)?),
        3 => Rule::Positive,
        4 => Rule::MinLength(reader.u64()?),
        5 => Rule::MaxLength(reader.u64()?),
        6 => Rule::Email,
        7 => Rule::Url,
        8 => Rule::Pattern(reader.text()?, reader.text()?),
        9 => Rule::OneOf(reader.list(5, datum)?),
        10 => Rule::Check(reader.u32()?),
        11 => Rule::Immutable,
        found => return Err(DecodeError::Tag { offset, tag: Tag::Rule, found }),
    })
}
