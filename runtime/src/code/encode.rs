//! A module to the bytes of a `.flinc` file. Counts are far below `u32::MAX`: sources are bounded long before.

mod entities;

use super::format::{CHECKED_FROM, HEADER_BYTES, MAGIC, SECTION_ENTRY_BYTES, Section, VERSION, seal};
use super::module::{Capture, Const, Endpoint, EndpointKind, Function, Module, TypeShape};
use super::op::{Op, Operand, OperandValue};
use crate::base::span::to_u32;

/// The file of a module.
pub fn encode(module: &Module) -> Vec<u8> {
    let bodies = Section::ALL.iter().map(|section| (*section, body(module, *section)));
    let mut table = Writer::default();
    let mut sections = Vec::new();
    for (section, body) in bodies {
        table.u32(section.code());
        table.count(HEADER_BYTES.saturating_add(sections.len()));
        table.count(body.len());
        sections.extend(body);
    }
    debug_assert_eq!(table.0.len(), Section::ALL.len().saturating_mul(SECTION_ENTRY_BYTES));
    let mut file = Writer::default();
    file.0.extend(MAGIC);
    file.0.extend(VERSION.to_le_bytes());
    file.0.resize(CHECKED_FROM, 0);
    file.count(Section::ALL.len());
    file.0.extend(table.0);
    file.0.extend(sections);
    seal(&mut file.0);
    file.0
}

fn body(module: &Module, section: Section) -> Vec<u8> {
    let mut out = Writer::default();
    match section {
        Section::Entry => out.u32(module.entry),
        Section::Constants => out.list(&module.constants, Writer::constant),
        Section::Functions => out.list(&module.functions, Writer::function),
        Section::Natives => out.list(&module.natives, |out, native| out.text(&native.name)),
        Section::Types => out.list(&module.types, Writer::type_),
        Section::Enums => out.list(&module.enums, |out, shape| {
            out.text(&shape.name);
            out.list(&shape.variants, |out, (name, payload)| {
                out.text(name);
                out.list(payload, |out, name| out.text(name));
            });
        }),
        Section::Entities => out.list(&module.entities.entities, Writer::entity),
        Section::Variants => out.list(&module.variants, |out, pair| out.pair(*pair)),
        Section::Files => out.list(&module.files, |out, file| {
            out.text(&file.name);
            out.option(file.initialiser);
        }),
        Section::Globals => out.list(&module.globals, |out, pair| out.pair(*pair)),
        Section::Tests => out.list(&module.tests, |out, pair| out.pair(*pair)),
        Section::Forms => out.list(&module.forms, Writer::entity),
        Section::Endpoints => out.list(&module.endpoints, Writer::endpoint),
        Section::Sources => out.list(&module.sources, |out, source| {
            out.text(&source.name);
            out.list(&source.positions, |out, &(offset, line, column)| {
                out.u32(offset);
                out.u32(line);
                out.u32(column);
            });
        }),
    }
    out.0
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, n: u8) {
        self.0.push(n);
    }

    fn u32(&mut self, n: u32) {
        self.0.extend(n.to_le_bytes());
    }

    fn i64(&mut self, n: i64) {
        self.0.extend(n.to_le_bytes());
    }

    fn count(&mut self, n: usize) {
        self.u32(to_u32(n));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    fn option(&mut self, n: Option<u32>) {
        self.u8(u8::from(n.is_some()));
        if let Some(n) = n {
            self.u32(n);
        }
    }

    fn pair(&mut self, (first, second): (u32, u32)) {
        self.u32(first);
        self.u32(second);
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }

    fn constant(&mut self, constant: &Const) {
        match constant {
            Const::Int(n) => {
                self.u8(0);
                self.i64(*n);
            }
            Const::Number(n) => {
                self.u8(1);
                self.0.extend(n.to_bits().to_le_bytes());
            }
            Const::Duration(millis) => {
                self.u8(2);
                self.i64(*millis);
            }
            Const::Text(text) => {
                self.u8(3);
                self.text(text);
            }
            Const::Regex(pattern, flags) => {
                self.u8(4);
                self.text(pattern);
                self.text(flags);
            }
        }
    }

    fn type_(&mut self, shape: &TypeShape) {
        match shape {
            TypeShape::Kind(kind) => {
                self.u8(0);
                self.u8(*kind as u8);
            }
            TypeShape::Enum(of) => {
                self.u8(1);
                self.u32(*of);
            }
            TypeShape::Entity(of) => {
                self.u8(2);
                self.u32(*of);
            }
            TypeShape::Any => self.u8(3),
            TypeShape::AnyOf(parts) => {
                self.u8(4);
                self.list(parts, |out, part| out.u32(*part));
            }
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        match endpoint.kind {
            EndpointKind::Route(method) => {
                self.u8(0);
                self.u8(method as u8);
            }
            EndpointKind::Page => self.u8(1),
            EndpointKind::Socket => self.u8(2),
            EndpointKind::Stream => self.u8(3),
            EndpointKind::Every { millis } => {
                self.u8(4);
                self.i64(millis);
            }
            EndpointKind::Cron(expression) => {
                self.u8(5);
                self.u32(expression);
            }
        }
        self.u32(endpoint.path);
        self.u32(endpoint.function);
    }

    fn function(&mut self, function: &Function) {
        self.option(function.name);
        self.list(&function.params, |out, param| {
            out.option(param.name);
            out.u8(u8::from(param.optional));
        });
        self.u8(u8::from(function.rest));
        self.u8(u8::from(function.ignores_arguments));
        self.option(function.hint);
        self.0.extend(function.registers.to_le_bytes());
        self.u32(function.slots);
        self.list(&function.captures, |out, capture| match *capture {
            Capture::Register(register) => {
                out.u8(0);
                out.u32(register.into());
            }
            Capture::Slot(slot) => {
                out.u8(1);
                out.u32(slot);
            }
            Capture::Captured(captured) => {
                out.u8(2);
                out.u32(captured);
            }
        });
        self.list(&function.code, |out, op| out.0.extend(instruction(*op)));
        self.list(&function.handlers, |out, handler| {
            out.u32(handler.start);
            out.u32(handler.end);
            out.u32(handler.target);
            out.u8(handler.register);
        });
        self.list(&function.spans, |out, (pc, span)| {
            for n in [*pc, span.file.0, span.start, span.end] {
                out.u32(n);
            }
        });
    }
}

/// How an operand stands in an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// The next of the three bytes.
    Byte,
    /// The next two of the three bytes, signed.
    TwoBytes,
    /// The word, signed.
    SignedWord,
    /// The word.
    Word,
}

pub(super) const fn width(kind: Operand) -> Width {
    match kind {
        Operand::Read | Operand::Write | Operand::Update | Operand::Base | Operand::Count | Operand::Flag => {
            Width::Byte
        }
        Operand::Small => Width::TwoBytes,
        Operand::Imm => Width::SignedWord,
        Operand::Constant
        | Operand::Name
        | Operand::Function
        | Operand::Native
        | Operand::Global
        | Operand::Captured
        | Operand::Slot
        | Operand::Target
        | Operand::Type
        | Operand::Variant => Width::Word,
    }
}

fn instruction(op: Op) -> [u8; 8] {
    let mut bytes = vec![op.code()];
    let mut word = [0; 4];
    op.operands(|kind, value: OperandValue| match width(kind) {
        Width::Byte if kind == Operand::Flag => bytes.push(u8::from(bool::from(value))),
        Width::Byte => bytes.push(value.into()),
        Width::TwoBytes => bytes.extend(i16::from(value).to_le_bytes()),
        Width::SignedWord => word = i32::from(value).to_le_bytes(),
        Width::Word => word = u32::from(value).to_le_bytes(),
    });
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let [d0, d1, d2, d3] = word;
    [byte(0), byte(1), byte(2), byte(3), d0, d1, d2, d3]
}
