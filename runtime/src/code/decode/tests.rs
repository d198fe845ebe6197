//! Facts about files: they come back as they were, and every damage is refused with its place.

use super::*;
use crate::code::encode::encode;
use crate::code::format::seal;
use crate::code::op::TABLE;
use crate::record::Rule as FieldRule;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Schema};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

fn text() -> impl Strategy<Value = Arc<str>> {
    "\\PC{0,6}".prop_map(Arc::from)
}

fn constant() -> impl Strategy<Value = Const> {
    prop_oneof![
        any::<i64>().prop_map(Const::Int),
        proptest::num::f64::ANY.prop_filter("NaN is not itself", |n| !n.is_nan()).prop_map(Const::Number),
        any::<i64>().prop_map(Const::Duration),
        text().prop_map(Const::Text),
        (text(), text()).prop_map(|(pattern, flags)| Const::Regex(pattern, flags)),
    ]
}

fn type_shape() -> impl Strategy<Value = TypeShape> {
    prop_oneof![
        proptest::sample::select(Kind::ALL).prop_map(TypeShape::Kind),
        any::<u32>().prop_map(TypeShape::Enum),
        any::<u32>().prop_map(TypeShape::Entity),
        Just(TypeShape::Any),
        vec(any::<u32>(), 0..4).prop_map(TypeShape::AnyOf),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    (proptest::sample::select(TABLE), any::<[u32; 4]>()).prop_map(|(info, numbers)| {
        let mut numbers = numbers.into_iter().cycle();
        let built = Op::build::<()>(info.code, |kind| {
            let n = numbers.next().unwrap();
            Ok(match width(kind) {
                Width::Byte if kind == Operand::Flag => OperandValue::from(n & 1 == 1),
                Width::Byte => OperandValue::from(n.to_le_bytes()[0]),
                Width::TwoBytes => OperandValue::from(i16::try_from(n >> 17).unwrap() - 16000),
                Width::SignedWord => OperandValue::from(n.cast_signed()),
                Width::Word => OperandValue::from(n),
            })
        });
        built.unwrap().unwrap()
    })
}

fn function() -> impl Strategy<Value = Function> {
    let capture = prop_oneof![
        any::<u8>().prop_map(Capture::Register),
        any::<u32>().prop_map(Capture::Slot),
        any::<u32>().prop_map(Capture::Captured),
    ];
    let param =
        (any::<Option<u32>>(), any::<bool>()).prop_map(|(name, optional)| ParamShape { name, optional });
    let handler = (any::<[u32; 3]>(), any::<u8>()).prop_map(|([start, end, target], register)| Handler {
        start,
        end,
        target,
        register,
    });
    let span = any::<[u32; 4]>().prop_map(|[pc, file, start, end]| (pc, Span::new(FileId(file), start, end)));
    let head = (any::<Option<u32>>(), vec(param, 0..4), any::<[bool; 2]>(), any::<u16>(), any::<u32>());
    let body = (vec(capture, 0..4), vec(op(), 0..12), vec(handler, 0..3), vec(span, 0..4));
    (head, body).prop_map(|((name, params, [rest, ignores_arguments], registers, slots), body)| {
        let (captures, code, handlers, spans) = body;
        let hint = rest.then_some(slots);
        Function {
            name,
            params,
            rest,
            ignores_arguments,
            hint,
            registers,
            slots,
            captures,
            code,
            handlers,
            spans,
        }
    })
}

fn datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        Just(Datum::None),
        any::<bool>().prop_map(Datum::Bool),
        any::<i64>().prop_map(Datum::Int),
        (-1e9..1e9).prop_map(Datum::Number),
        text().prop_map(Datum::Text),
        text().prop_map(|name| Datum::Variant(name, Vec::new())),
    ];
    leaf.prop_recursive(3, 6, 3, |inner| vec(inner, 0..3).prop_map(Datum::List))
}

fn rule() -> impl Strategy<Value = FieldRule> {
    prop_oneof![
        Just(FieldRule::Required),
        datum().prop_map(FieldRule::Min),
        datum().prop_map(FieldRule::Max),
        Just(FieldRule::Positive),
        any::<u64>().prop_map(FieldRule::MinLength),
        any::<u64>().prop_map(FieldRule::MaxLength),
        Just(FieldRule::Email),
        Just(FieldRule::Url),
        (text(), text()).prop_map(|(pattern, flags)| FieldRule::Pattern(pattern, flags)),
        vec(datum(), 0..3).prop_map(FieldRule::OneOf),
        any::<u32>().prop_map(FieldRule::Check),
        Just(FieldRule::Immutable),
    ]
}

fn entity() -> impl Strategy<Value = EntityShape> {
    let leaf = prop_oneof![
        Just(FieldType::Int),
        Just(FieldType::Number),
        Just(FieldType::Text),
        Just(FieldType::Bool),
        Just(FieldType::Time),
        any::<u32>().prop_map(FieldType::Enum),
        Just(FieldType::AnyList),
        Just(FieldType::AnyMap),
        any::<u32>().prop_map(FieldType::Reference),
        Just(FieldType::Any),
    ];
    let ty = (leaf, 0..3)
        .prop_map(|(leaf, levels)| (0..levels).fold(leaf, |inner, _| FieldType::List(Box::new(inner))));
    let on_delete = prop_oneof![Just(OnDelete::Restrict), Just(OnDelete::Cascade), Just(OnDelete::SetNone)];
    let computed = (prop::option::of(datum()), any::<Option<u32>>(), vec(rule(), 0..4), on_delete);
    let field =
        (text(), ty, any::<[bool; 2]>(), computed).prop_map(|(name, ty, [optional, hidden], computed)| {
            let (constant, default, rules, on_delete) = computed;
            FieldShape { name, ty, optional, hidden, constant, default, rules, on_delete }
        });
    let groups = || vec(vec(any::<u32>(), 0..3), 0..2);
    (text(), vec(field, 0..3), groups(), groups()).prop_map(|(name, fields, unique, indexes)| EntityShape {
        name,
        fields,
        unique,
        indexes,
    })
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let kind = prop_oneof![
        prop::sample::select(Method::ALL).prop_map(EndpointKind::Route),
        Just(EndpointKind::Page),
        Just(EndpointKind::Socket),
        Just(EndpointKind::Stream),
        any::<i64>().prop_map(|millis| EndpointKind::Every { millis }),
        any::<u32>().prop_map(EndpointKind::Cron),
    ];
    let parts = (kind, any::<u32>(), any::<u32>());
    parts.prop_map(|(kind, path, function)| Endpoint { kind, path, function })
}

fn module() -> impl Strategy<Value = Module> {
    let pairs = || vec(any::<(u32, u32)>(), 0..4);
    let native = text().prop_map(|name| NativeRef { name });
    let shape = (text(), vec((text(), vec(text(), 0..3)), 0..3))
        .prop_map(|(name, variants)| EnumShape { name, variants });
    let file =
        (text(), any::<Option<u32>>()).prop_map(|(name, initialiser)| GlobalFile { name, initialiser });
    let source = (text(), vec(any::<(u32, u32, u32)>(), 0..4))
        .prop_map(|(name, positions)| SourceLines { name, positions });
    let code = (
        any::<u32>(),
        vec(constant(), 0..6),
        vec(function(), 0..4),
        vec(native, 0..3),
        vec(type_shape(), 0..4),
    );
    let entities = vec(entity(), 0..2).prop_map(|entities| Schema { entities });
    let shapes = (vec(shape, 0..3), entities);
    let endpoints = (vec(endpoint(), 0..3), vec(entity(), 0..2));
    let names = (shapes, pairs(), vec(file, 0..3), pairs(), pairs(), vec(source, 0..3), endpoints);
    (code, names).prop_map(|((entry, constants, functions, natives, types), names)| {
        let ((enums, entities), variants, files, globals, tests, sources, (endpoints, forms)) = names;
        Module {
            constants,
            functions,
            entry,
            natives,
            types,
            enums,
            entities,
            variants,
            files,
            globals,
            tests,
            forms,
            endpoints,
            sources,
        }
    })
}

proptest! {
    #[test]
    fn a_module_comes_back_as_it_was(module in module()) {
        let bytes = encode(&module);
        prop_assert_eq!(decode(&bytes), Ok(Unverified(module)));
    }

    #[test]
    fn no_file_can_be_cut_short(module in module(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&module);
        let mut cut = bytes[..cut.index(bytes.len())].to_vec();
        seal(&mut cut);
        prop_assert!(decode(&cut).is_err());
    }

    #[test]
    fn what_decodes_has_one_spelling(
        module in module(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&module);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        seal(&mut bytes);
        if let Ok(Unverified(module)) = decode(&bytes) {
            prop_assert_eq!(encode(&module), bytes);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..300)) {
        let mut file = MAGIC.to_vec();
        file.extend(VERSION.to_le_bytes());
        file.extend(bytes);
        seal(&mut file);
        if let Ok(Unverified(module)) = decode(&file) {
            prop_assert_eq!(encode(&module), file);
        }
    }
}

fn small() -> Vec<u8> {
    let code = vec![Op::LoadBool { dst: 0, value: true }, Op::ReturnNone {}];
    let entry = Function { registers: 1, code, ..Function::default() };
    encode(&Module { functions: vec![entry], ..Module::default() })
}

/// Offset of the only function's first instruction.
fn first_instruction(bytes: &[u8]) -> usize {
    bytes.windows(2).rposition(|pair| pair == [0x04, 0]).unwrap()
}

fn changed(at: usize, byte: u8) -> DecodeError {
    let mut bytes = small();
    bytes[at] = byte;
    seal(&mut bytes);
    decode(&bytes).unwrap_err()
}

#[test]
fn each_damage_is_refused_at_its_place() {
    let bytes = small();
    assert!(decode(&bytes).is_ok());
    let op = first_instruction(&bytes);
    assert_eq!(decode(b""), Err(DecodeError::Magic));
    assert_eq!(changed(0, b'F'), DecodeError::Magic);
    assert_eq!(changed(6, 9), DecodeError::Version { found: 9 });
    assert_eq!(changed(12, 3), DecodeError::SectionCount { found: 3, expected: 14 });
    assert_eq!(changed(16, 2), DecodeError::SectionKind { offset: 16, found: 2, expected: 1 });
    assert!(matches!(changed(20, 0), DecodeError::SectionPlace { offset: 16, start: 0, .. }));
    assert!(matches!(changed(27, 0xFF), DecodeError::SectionPlace { offset: 16, .. }));
    assert_eq!(changed(op, 0), DecodeError::Opcode { offset: op, code: 0 });
    assert_eq!(changed(op + 2, 2), DecodeError::Tag { offset: op, tag: Tag::Flag, found: 2 });
    assert_eq!(changed(op + 3, 1), DecodeError::Padding { offset: op });
    assert_eq!(changed(op + 7, 1), DecodeError::Padding { offset: op });
    assert!(matches!(changed(op - 4, 0xFF), DecodeError::Count { offset, .. } if offset == op - 4));
    let mut unsealed = bytes.clone();
    unsealed[op + 2] = 0;
    assert!(matches!(decode(&unsealed), Err(DecodeError::Checksum { .. })));
    let mut longer = bytes;
    longer.push(0);
    seal(&mut longer);
    assert_eq!(decode(&longer), Err(DecodeError::Surplus { offset: longer.len() - 1, bytes: 1 }));
}

#[test]
fn a_file_over_the_limit_is_not_looked_at() {
    let bytes = vec![0; FILE_BYTES_MAX + 1];
    assert_eq!(decode(&bytes), Err(DecodeError::TooLarge { bytes: bytes.len() }));
}

#[test]
fn a_value_of_a_rule_has_one_spelling_and_stands_alone() {
    let field = |constant: Datum| FieldShape {
        name: "f".into(),
        ty: FieldType::Int,
        optional: false,
        hidden: false,
        constant: Some(constant),
        default: None,
        rules: Vec::new(),
        on_delete: OnDelete::Restrict,
    };
    let shape = |fields| EntityShape { name: "E".into(), fields, unique: Vec::new(), indexes: Vec::new() };
    let entities = vec![shape(vec![field(Datum::Text("abcdef".into()))])];
    let bytes = encode(&Module { entities: Schema { entities }, ..Module::default() });
    assert!(decode(&bytes).is_ok());
    let text = bytes.windows(6).position(|window| window == b"abcdef").unwrap();
    let damaged = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        crate::code::format::seal(&mut bytes);
        decode(&bytes).unwrap_err()
    };
    // A text of four bytes, and what was the rest of it; a tag that no value has.
    assert!(matches!(damaged(text - 1, 4), DecodeError::Value { .. }));
    assert!(matches!(damaged(text - 2, 99), DecodeError::Value { .. }));
    // Eight nones.
    let mut nones = bytes.clone();
    nones[text - 2..text + 6].fill(0);
    crate::code::format::seal(&mut nones);
    assert!(matches!(decode(&nones), Err(DecodeError::Values { found: 8, .. })));
}
