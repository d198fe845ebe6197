//! The bytes of a `.flinc` file to a module that nobody has vouched for yet.
//!
//! Whatever the bytes are, the answer is a module or a [`DecodeError`] with an offset. Memory stays proportional to the
//! size of the file: every count is compared with the bytes left before anything is allocated for it.

mod entities;
mod error;
mod reader;

pub use error::{DecodeError, Tag};

use super::encode::{Width, width};
use super::format::{
    CHECKED_FROM, FILE_BYTES_MAX, HEADER_BYTES, INSTRUCTION_BYTES, MAGIC, SECTION_ENTRY_BYTES, Section,
    VERSION,
};
use super::module::{
    Capture, Const, Endpoint, EndpointKind, EnumShape, Function, GlobalFile, Handler, Module, NativeRef,
    ParamShape, SourceLines, TypeShape,
};
use super::op::{Op, Operand, OperandValue};
use super::verify::Unverified;
use crate::base::Kind;
use crate::base::span::{FileId, Span, to_u32, to_usize};
use crate::syntax::tree::Method;
use reader::Reader;

/// Does the file say that it is bytecode? (It may be damaged all the same.)
pub fn is_bytecode(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Reads a file.
pub fn decode(bytes: &[u8]) -> Result<Unverified, DecodeError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(DecodeError::TooLarge { bytes: bytes.len() });
    }
    if !is_bytecode(bytes) {
        return Err(DecodeError::Magic);
    }
    let mut head = Reader::new(bytes, 0);
    head.take(MAGIC.len())?;
    let found = head.u16()?;
    if found != VERSION {
        return Err(DecodeError::Version { found });
    }
    let stored = head.u32()?;
    let computed = crc32fast::hash(bytes.get(CHECKED_FROM..).unwrap_or_default());
    if stored != computed {
        return Err(DecodeError::Checksum { stored, computed });
    }
    let (found, expected) = (head.u32()?, to_u32(Section::ALL.len()));
    if found != expected {
        return Err(DecodeError::SectionCount { found, expected });
    }
    let table = head.take(Section::ALL.len().saturating_mul(SECTION_ENTRY_BYTES))?;
    let mut table = Reader::new(table, HEADER_BYTES.saturating_sub(table.len()));
    let mut module = Module::default();
    for section in Section::ALL {
        let mut reader = section_of(&mut table, &mut head, *section)?;
        fill(&mut module, *section, &mut reader)?;
        reader.end()?;
    }
    head.end()?;
    Ok(Unverified(module))
}

/// The bytes of the next section; `rest` stands where the one before it ended.
fn section_of<'file>(
    table: &mut Reader<'file>,
    rest: &mut Reader<'file>,
    section: Section,
) -> Result<Reader<'file>, DecodeError> {
    let offset = table.offset();
    let (found, start, length) = (table.u32()?, table.u32()?, table.u32()?);
    if found != section.code() {
        return Err(DecodeError::SectionKind { offset, found, expected: section.code() });
    }
    let (expected, left) = (rest.offset(), rest.left());
    if to_usize(start) != expected || to_usize(length) > left {
        return Err(DecodeError::SectionPlace { offset, start, length, expected, left });
    }
    Ok(Reader::new(rest.take(to_usize(length))?, expected))
}

fn fill(module: &mut Module, section: Section, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    match section {
        Section::Entry => module.entry = reader.u32()?,
        Section::Constants => module.constants = reader.list(5, constant)?,
        Section::Functions => module.functions = reader.list(30, function)?,
        Section::Natives => module.natives = reader.list(4, |r| Ok(NativeRef { name: r.text()? }))?,
        Section::Types => module.types = reader.list(1, type_shape)?,
        Section::Enums => module.enums = reader.list(8, enum_shape)?,
        Section::Entities => module.entities.entities = reader.list(16, entities::entity)?,
        Section::Variants => module.variants = reader.list(8, Reader::pair)?,
        Section::Files => {
            module.files =
                reader.list(5, |r| Ok(GlobalFile { name: r.text()?, initialiser: r.option()? }))?;
        }
        Section::Globals => module.globals = reader.list(8, Reader::pair)?,
        Section::Tests => module.tests = reader.list(8, Reader::pair)?,
        Section::Forms => module.forms = reader.list(16, entities::entity)?,
        Section::Endpoints => module.endpoints = reader.list(9, endpoint)?,
        Section::Sources => module.sources = reader.list(8, source_lines)?,
    }
    Ok(())
}

fn constant(reader: &mut Reader<'_>) -> Result<Const, DecodeError> {
    let offset = reader.offset();
    match reader.u8()? {
        0 => reader.i64().map(Const::Int),
        1 => reader.f64().map(Const::Number),
        2 => reader.i64().map(Const::Duration),
        3 => reader.text().map(Const::Text),
        4 => Ok(Const::Regex(reader.text()?, reader.text()?)),
        found => Err(DecodeError::Tag { offset, tag: Tag::Constant, found }),
    }
}

fn type_shape(reader: &mut Reader<'_>) -> Result<TypeShape, DecodeError> {
    let offset = reader.offset();
    match reader.u8()? {
        0 => {
            let offset = reader.offset();
            let found = reader.u8()?;
            let kind = Kind::ALL.get(usize::from(found)).copied();
            kind.map(TypeShape::Kind).ok_or(DecodeError::Tag { offset, tag: Tag::Kind, found })
        }
        1 => reader.u32().map(TypeShape::Enum),
        2 => reader.u32().map(TypeShape::Entity),
        3 => Ok(TypeShape::Any),
        4 => reader.list(4, Reader::u32).map(TypeShape::AnyOf),
        found => Err(DecodeError::Tag { offset, tag: Tag::Type, found }),
    }
}

fn enum_shape(reader: &mut Reader<'_>) -> Result<EnumShape, DecodeError> {
    let name = reader.text()?;
    let variants = reader.list(8, |r| Ok((r.text()?, r.list(4, Reader::text)?)))?;
    Ok(EnumShape { name, variants })
}

fn source_lines(reader: &mut Reader<'_>) -> Result<SourceLines, DecodeError> {
    let name = reader.text()?;
    let positions = reader.list(12, |r| Ok((r.u32()?, r.u32()?, r.u32()?)))?;
    Ok(SourceLines { name, positions })
}

fn endpoint(reader: &mut Reader<'_>) -> Result<Endpoint, DecodeError> {
    let offset = reader.offset();
    let kind = match reader.u8()? {
        0 => {
            let offset = reader.offset();
            let found = reader.u8()?;
            let method = Method::ALL.get(usize::from(found)).copied();
            EndpointKind::Route(method.ok_or(DecodeError::Tag { offset, tag: Tag::Method, found })?)
        }
        1 => EndpointKind::Page,
        2 => EndpointKind::Socket,
        3 => EndpointKind::Stream,
        4 => EndpointKind::Every { millis: reader.i64()? },
        5 => EndpointKind::Cron(reader.u32()?),
        found => return Err(DecodeError::Tag { offset, tag: Tag::Endpoint, found }),
    };
    Ok(Endpoint { kind, path: reader.u32()?, function: reader.u32()? })
}

fn function(reader: &mut Reader<'_>) -> Result<Function, DecodeError> {
    Ok(Function {
        name: reader.option()?,
        params: reader.list(2, |r| Ok(ParamShape { name: r.option()?, optional: r.flag()? }))?,
        rest: reader.flag()?,
        ignores_arguments: reader.flag()?,
        hint: reader.option()?,
        registers: reader.u16()?,
        slots: reader.u32()?,
        captures: reader.list(5, capture)?,
        code: reader.list(INSTRUCTION_BYTES, instruction)?,
        handlers: reader.list(13, |r| {
            Ok(Handler { start: r.u32()?, end: r.u32()?, target: r.u32()?, register: r.u8()? })
        })?,
        spans: reader.list(16, |r| {
            let (pc, file) = r.pair()?;
            Ok((pc, Span::new(FileId(file), r.u32()?, r.u32()?)))
        })?,
    })
}

fn capture(reader: &mut Reader<'_>) -> Result<Capture, DecodeError> {
    let offset = reader.offset();
    let (tag, place) = (reader.u8()?, reader.u32()?);
    match tag {
        0 => {
            let refused = DecodeError::Register { offset, found: place };
            u8::try_from(place).map(Capture::Register).map_err(|_| refused)
        }
        1 => Ok(Capture::Slot(place)),
        2 => Ok(Capture::Captured(place)),
        found => Err(DecodeError::Tag { offset, tag: Tag::Capture, found }),
    }
}

fn instruction(reader: &mut Reader<'_>) -> Result<Op, DecodeError> {
    let offset = reader.offset();
    let [code, a, b, c, d0, d1, d2, d3] = reader.instruction()?;
    let mut bytes = [a, b, c].into_iter();
    let mut next = || bytes.next().unwrap_or(0);
    let mut word = [d0, d1, d2, d3];
    let built = Op::build(code, |kind| {
        let mut whole = || std::mem::take(&mut word);
        Ok(match width(kind) {
            Width::Byte => match next() {
                found if kind == Operand::Flag && found > 1 => {
                    return Err(DecodeError::Tag { offset, tag: Tag::Flag, found });
                }
                byte => OperandValue::from(byte),
            },
            Width::TwoBytes => OperandValue::from(i16::from_le_bytes([next(), next()])),
            Width::SignedWord => OperandValue::from(i32::from_le_bytes(whole())),
            Width::Word => OperandValue::from(u32::from_le_bytes(whole())),
        })
    });
    let op = built.unwrap_or(Err(DecodeError::Opcode { offset, code }))?;
    if word == [0; 4] && bytes.all(|byte| byte == 0) { Ok(op) } else { Err(DecodeError::Padding { offset }) }
}

#[cfg(test)]
mod tests;
