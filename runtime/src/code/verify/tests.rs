//! Each rule: a module that keeps it and one that breaks it.

use super::*;
use crate::base::span::{FileId, Span};
use crate::code::module::*;
use crate::code::op::Op;
use crate::record::Rule as FieldRule;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete};

/// A module whose entry has this code, four registers, one slot, one capturing and one plain function beside it.
fn module(code: Vec<Op>) -> Module {
    let entry = Function { registers: 4, slots: 1, code, ..Function::default() };
    let plain = Function { registers: 1, code: vec![Op::ReturnNone {}], ..Function::default() };
    let capturing = Function { captures: vec![Capture::Register(1)], ..plain.clone() };
    Module {
        constants: vec![Const::Text("name".into()), Const::Int(7)],
        functions: vec![entry, plain, capturing],
        natives: vec![NativeRef { name: "print".into() }],
        types: vec![TypeShape::Any, TypeShape::Enum(0), TypeShape::AnyOf(vec![0, 1])],
        enums: vec![EnumShape { name: "E".into(), variants: vec![("A".into(), vec![])] }],
        variants: vec![(0, 0)],
        files: vec![GlobalFile { name: "lib/a.flin".into(), initialiser: Some(1) }],
        globals: vec![(0, 0)],
        tests: vec![(0, 1)],
        endpoints: vec![Endpoint { kind: EndpointKind::Cron(0), path: 0, function: 1 }],
        sources: vec![SourceLines::default()],
        ..Module::default()
    }
}

const END: Op = Op::ReturnNone {};

fn rule_of(module: Module) -> Option<u8> {
    verify(Unverified(module)).err().map(|refusal| refusal.rule().0)
}

fn rule(code: Vec<Op>) -> Option<u8> {
    rule_of(module(code))
}

fn rule_with(code: Vec<Op>, change: impl FnOnce(&mut Module)) -> Option<u8> {
    let mut module = module(code);
    change(&mut module);
    rule_of(module)
}

#[test]
fn b1_tables_point_into_tables() {
    assert_eq!(rule(vec![END]), None);
    assert_eq!(rule_with(vec![END], |m| m.entry = 3), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.tests = vec![(1, 1)]), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.tests = vec![(0, 9)]), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.globals = vec![(1, 0)]), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.variants = vec![(0, 1)]), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.types = vec![TypeShape::Enum(1)]), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.functions[1].name = Some(1)), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.endpoints[0].path = 1), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.endpoints[0].function = 9), Some(1));
    assert_eq!(rule_with(vec![END], |m| m.endpoints[0].kind = EndpointKind::Cron(1)), Some(1));
}

#[test]
fn b2_what_starts_from_outside_takes_nothing() {
    assert_eq!(rule_with(vec![END], |m| m.tests = vec![(0, 2)]), Some(2));
    assert_eq!(rule_with(vec![END], |m| m.endpoints[0].function = 2), Some(2));
    assert_eq!(rule_with(vec![END], |m| m.files[0].initialiser = Some(2)), Some(2));
    let param = ParamShape { name: None, optional: false };
    assert_eq!(rule_with(vec![END], |m| m.functions[0].params = vec![param]), Some(2));
}

#[test]
fn b3_types_consist_of_earlier_types() {
    assert_eq!(rule_with(vec![END], |m| m.types = vec![TypeShape::AnyOf(vec![0])]), Some(3));
    assert_eq!(rule_with(vec![END], |m| m.types = vec![TypeShape::AnyOf(vec![1]), TypeShape::Any]), Some(3));
}

#[test]
fn b4_frames_have_1_to_256_registers_and_bounded_slots() {
    for (registers, expected) in [(0, Some(4)), (1, None), (256, None), (257, Some(4))] {
        assert_eq!(rule_with(vec![END], |m| m.functions[0].registers = registers), expected, "{registers}");
    }
    for (slots, expected) in [(SLOTS_MAX - 1, None), (SLOTS_MAX, None), (SLOTS_MAX + 1, Some(4))] {
        assert_eq!(rule_with(vec![END], |m| m.functions[0].slots = slots), expected, "{slots}");
    }
    let param = ParamShape { name: None, optional: false };
    assert_eq!(rule_with(vec![END], |m| m.functions[2].params = vec![param.clone()]), None);
    assert_eq!(rule_with(vec![END], |m| m.functions[2].params = vec![param.clone(), param]), Some(4));
    assert_eq!(rule_with(vec![END], |m| m.functions[2].rest = true), Some(4));
}

#[test]
fn b4_parameters_behind_the_registers_need_a_slot_each() {
    let param = ParamShape { name: None, optional: false };
    let with = |params: usize, slots| {
        rule_with(vec![END], |m| {
            let function = &mut m.functions[2];
            (function.registers, function.slots) = (200, slots);
            function.params = vec![param.clone(); params];
        })
    };
    assert_eq!([with(200, 0), with(201, 1), with(300, 100)], [None; 3]);
    assert_eq!([with(201, 0), with(300, 99)], [Some(4); 2]);
}

#[test]
fn b4_a_hint_takes_nothing_and_captures_the_first_of_what_its_condition_captures() {
    let with = |hint: u32, change: fn(&mut Module)| {
        rule_with(vec![END], |m| {
            m.functions[2].hint = Some(hint);
            m.functions[2].captures.push(Capture::Register(2));
            m.functions.push(Function { captures: vec![Capture::Register(1)], ..m.functions[1].clone() });
            change(m);
        })
    };
    assert_eq!([with(1, |_| ()), with(3, |_| ())], [None, None]);
    assert_eq!(with(4, |_| ()), Some(1));
    assert_eq!(with(3, |m| m.functions[3].captures = vec![Capture::Register(2)]), Some(4));
    assert_eq!(with(3, |m| m.functions[3].params = vec![ParamShape { name: None, optional: true }]), Some(4));
}

#[test]
fn b5_operands_point_into_their_tables() {
    let within = [
        Op::LoadInt { dst: 3, value: -1 },
        Op::LoadConst { dst: 0, constant: 1 },
        Op::LoadMethod { dst: 0, name: 0 },
        Op::LoadSlot { dst: 0, slot: 0 },
        Op::GetGlobal { dst: 0, global: 0 },
        Op::LoadNative { dst: 0, native: 0 },
        Op::LoadFunction { dst: 0, function: 1 },
        Op::LoadVariant { dst: 0, variant: 0 },
        Op::Jump { target: 1 },
    ];
    for op in within {
        assert_eq!(rule(vec![op, END]), None, "{op:?}");
    }
    let outside = [
        Op::LoadNone { dst: 4 },
        Op::LoadConst { dst: 0, constant: 2 },
        Op::LoadMethod { dst: 0, name: 1 },
        Op::LoadSlot { dst: 0, slot: 1 },
        Op::GetGlobal { dst: 0, global: 1 },
        Op::GetCaptured { dst: 0, captured: 0 },
        Op::LoadNative { dst: 0, native: 1 },
        Op::LoadFunction { dst: 0, function: 3 },
        Op::LoadVariant { dst: 0, variant: 1 },
        Op::Jump { target: 2 },
    ];
    for op in outside {
        assert_eq!(rule(vec![op, END]), Some(5), "{op:?}");
    }
    let is = |type_| rule(vec![Op::LoadNone { dst: 0 }, Op::Is { dst: 0, src: 0, type_ }, END]);
    assert_eq!((is(2), is(3)), (None, Some(5)));
}

#[test]
fn b6_blocks_fit_the_registers() {
    let call = |base, argc| {
        let loads = (0..4).map(|dst| Op::LoadNone { dst });
        rule(loads.chain([Op::CallNative { base, argc, dst: 0, native: 0 }, END]).collect())
    };
    assert_eq!((call(0, 3), call(3, 0), call(1, 3), call(0, 255)), (None, None, Some(6), Some(6)));
}

#[test]
fn b7_closures_are_made_where_their_captures_exist() {
    assert_eq!(rule(vec![Op::LoadFunction { dst: 0, function: 2 }, END]), Some(7));
    let make = vec![
        Op::LoadNone { dst: 1 },
        Op::NewCell { dst: 1, src: 1 },
        Op::NewClosure { dst: 0, function: 2 },
        END,
    ];
    assert_eq!(rule(make.clone()), None);
    for source in [Capture::Register(4), Capture::Slot(1), Capture::Captured(0)] {
        assert_eq!(rule_with(make.clone(), |m| m.functions[2].captures = vec![source]), Some(7));
    }
}

#[test]
fn b8_lengths_are_not_negative() {
    assert_eq!(rule(vec![Op::NewMap { dst: 0, capacity: 0 }, END]), None);
    assert_eq!(rule(vec![Op::NewMap { dst: 0, capacity: -1 }, END]), Some(8));
}

#[test]
fn b9_code_does_not_run_off_its_end() {
    assert_eq!(rule(vec![]), Some(9));
    assert_eq!(rule(vec![Op::LoadNone { dst: 0 }]), Some(9));
    assert_eq!(rule(vec![Op::Jump { target: 0 }]), None);
}

fn handled(handlers: &[(u32, u32, u32)]) -> Option<u8> {
    let handler = |&(start, end, target)| Handler { start, end, target, register: 3 };
    let handlers = handlers.iter().map(handler).collect();
    rule_with(vec![Op::LoadNone { dst: 0 }; 5].into_iter().chain([END]).collect(), |m| {
        m.functions[0].handlers = handlers;
    })
}

#[test]
fn b10_handlers_are_nested_innermost_first_and_lead_forward() {
    assert_eq!(handled(&[(0, 1, 1), (1, 3, 3), (0, 4, 5)]), None);
    assert_eq!(handled(&[(1, 1, 3)]), Some(10));
    assert_eq!(handled(&[(0, 3, 2)]), Some(10));
    assert_eq!(handled(&[(0, 3, 6)]), Some(10));
    assert_eq!(handled(&[(0, 4, 4), (1, 2, 2)]), Some(10));
    assert_eq!(handled(&[(0, 2, 2), (1, 3, 3)]), Some(10));
}

#[test]
fn b11_a_loop_has_a_start() {
    let looping = |base| {
        rule(vec![
            Op::LoadInt { dst: 0, value: 1 },
            Op::LoadInt { dst: 1, value: 9 },
            Op::LoadInt { dst: 2, value: 9 },
            Op::ForPrepare { base: 0, dst: 3, inclusive: true, target: 6 },
            Op::Move { dst: 2, src: 3 },
            Op::ForNext { base, dst: 3, target: 4 },
            END,
        ])
    };
    assert_eq!((looping(0), looping(1)), (None, Some(11)));
}

#[test]
fn b12_spans_rise_and_name_a_source() {
    let spans = |spans: &[(u32, u32)]| {
        let spans = spans.iter().map(|&(pc, file)| (pc, Span::new(FileId(file), 0, 1))).collect();
        rule_with(vec![Op::LoadNone { dst: 0 }, END], |m| m.functions[0].spans = spans)
    };
    assert_eq!(spans(&[(0, 0), (1, 0)]), None);
    assert_eq!(spans(&[(1, 0), (1, 0)]), Some(12));
    assert_eq!(spans(&[(2, 0)]), Some(12));
    assert_eq!(spans(&[(0, 1)]), Some(12));
    let places = |places: &[u32]| {
        let positions = places.iter().map(|&at| (at, 1, 1)).collect();
        rule_with(vec![END], |m| m.sources = vec![SourceLines { name: "a.flin".into(), positions }])
    };
    assert_eq!((places(&[1, 2]), places(&[1, 1]), places(&[2, 1])), (None, Some(12), Some(12)));
}

#[test]
fn b13_a_register_is_written_on_every_path_to_a_read() {
    let read = Op::Return { src: 1 };
    assert_eq!(rule(vec![Op::LoadNone { dst: 1 }, read]), None);
    assert_eq!(rule(vec![read]), Some(13));
    let branch = |also: Op| {
        rule(vec![
            Op::LoadNone { dst: 0 },
            Op::JumpIf { src: 0, target: 4 },
            Op::LoadNone { dst: 1 },
            Op::Jump { target: 5 },
            also,
            read,
        ])
    };
    assert_eq!((branch(Op::LoadNone { dst: 1 }), branch(Op::LoadNone { dst: 2 })), (None, Some(13)));
}

#[test]
fn b13_a_call_unwrites_the_registers_from_its_base_on() {
    let call = |base, dst| {
        let call = Op::CallNative { base, argc: 0, dst, native: 0 };
        rule(vec![Op::LoadNone { dst: 1 }, call, Op::Return { src: 1 }])
    };
    assert_eq!((call(2, 0), call(1, 0), call(0, 0), call(0, 1)), (None, Some(13), Some(13), None));
}

#[test]
fn b13_a_handler_relies_on_what_was_written_before_its_range_alone() {
    let protect = |start, also: Op| {
        let code = vec![
            Op::LoadNone { dst: 1 },
            also,
            Op::CallNative { base: 2, argc: 0, dst: 0, native: 0 },
            Op::Jump { target: 4 },
            Op::Return { src: 1 },
        ];
        rule_with(code, |m| m.functions[0].handlers = vec![Handler { start, end: 3, target: 4, register: 3 }])
    };
    assert_eq!(protect(1, Op::LoadNone { dst: 0 }), None);
    assert_eq!(protect(0, Op::LoadNone { dst: 0 }), Some(13));
    assert_eq!(protect(1, Op::CallNative { base: 1, argc: 0, dst: 1, native: 0 }), Some(13));
}

#[test]
fn b13_loops_end_however_their_blocks_are_ordered() {
    // A chain of backward jumps, each losing one more register: the worst order for a worklist.
    let mut code: Vec<Op> = (0..=u8::MAX).map(|dst| Op::LoadNone { dst }).collect();
    let first = u32::try_from(code.len()).unwrap();
    for step in 0..200_u32 {
        code.push(Op::CallNative { base: u8::try_from(255 - step).unwrap(), argc: 0, dst: 0, native: 0 });
        code.push(Op::JumpIf { src: 0, target: first + step });
    }
    code.push(END);
    assert_eq!(rule_with(code, |m| m.functions[0].registers = 256), None);
}

#[test]
fn b14_cells_and_loops_are_kept_apart_from_values() {
    let (cell, none) = (Op::NewCell { dst: 1, src: 0 }, Op::LoadNone { dst: 0 });
    let also = |op: Op| rule(vec![none, cell, Op::Iterate { dst: 2, src: 0 }, op, END]);
    let lawful = [
        Op::GetCell { dst: 3, cell: 1 },
        Op::SetCell { cell: 1, src: 0 },
        Op::Next { iterator: 2, value: 3, target: 4 },
        Op::NewClosure { dst: 3, function: 2 },
        Op::StoreSlot { src: 1, slot: 0 },
    ];
    for op in lawful {
        assert_eq!(also(op), None, "{op:?}");
    }
    let lies = [
        Op::GetCell { dst: 3, cell: 0 },
        Op::GetCell { dst: 3, cell: 2 },
        Op::SetCell { cell: 1, src: 1 },
        Op::SetCell { cell: 0, src: 0 },
        Op::SetCell { cell: 1, src: 2 },
        Op::Next { iterator: 1, value: 3, target: 4 },
        Op::Next { iterator: 0, value: 3, target: 4 },
        Op::Move { dst: 3, src: 1 },
        Op::Return { src: 2 },
        Op::NewList { dst: 3, base: 0, argc: 2 },
    ];
    for op in lies {
        assert_eq!(also(op), Some(14), "{op:?}");
    }
}

#[test]
fn b14_a_slot_holds_one_shape() {
    let (none, cell) = (Op::LoadNone { dst: 0 }, Op::NewCell { dst: 1, src: 0 });
    let store = |src| Op::StoreSlot { src, slot: 0 };
    let load = Op::LoadSlot { dst: 2, slot: 0 };
    assert_eq!(rule(vec![none, cell, store(1), load, Op::GetCell { dst: 3, cell: 2 }, END]), None);
    assert_eq!(rule(vec![none, cell, store(0), load, Op::GetCell { dst: 3, cell: 2 }, END]), Some(14));
    assert_eq!(rule(vec![none, cell, store(1), load, Op::Return { src: 2 }]), Some(14));
    assert_eq!(rule(vec![none, cell, store(1), store(0), END]), Some(14));
    let capture = |src| {
        let code = vec![none, cell, store(src), Op::NewClosure { dst: 3, function: 2 }, END];
        rule_with(code, |m| m.functions[2].captures = vec![Capture::Slot(0)])
    };
    assert_eq!((capture(1), capture(0)), (None, Some(14)));
}

#[test]
fn b14_a_slot_that_a_parameter_arrives_in_holds_no_cell() {
    let with = |slot| {
        rule_with(vec![END], |m| {
            let function = &mut m.functions[2];
            (function.registers, function.slots) = (202, 2);
            function.params = vec![ParamShape { name: None, optional: false }; 201];
            function.code =
                vec![Op::NewCell { dst: 201, src: 0 }, Op::StoreSlot { src: 201, slot }, Op::ReturnNone {}];
        })
    };
    assert_eq!((with(0), with(1)), (Some(14), None));
}

#[test]
fn b14_where_ways_meet_a_shape_is_certain_or_nothing_is() {
    let meeting = |other: Op| {
        rule(vec![
            Op::LoadNone { dst: 0 },
            Op::NewCell { dst: 1, src: 0 },
            Op::JumpIf { src: 0, target: 4 },
            other,
            Op::GetCell { dst: 3, cell: 1 },
            END,
        ])
    };
    assert_eq!(meeting(Op::NewCell { dst: 1, src: 0 }), None);
    assert_eq!(meeting(Op::LoadNone { dst: 1 }), Some(13));
    let protected = |inside: Op| {
        let code = vec![
            Op::LoadNone { dst: 0 },
            Op::NewCell { dst: 1, src: 0 },
            inside,
            Op::Add { dst: 2, left: 0, right: 0 },
            Op::NewCell { dst: 1, src: 0 },
            Op::GetCell { dst: 2, cell: 1 },
            END,
        ];
        rule_with(code, |m| {
            m.functions[0].handlers = vec![Handler { start: 2, end: 5, target: 5, register: 3 }];
        })
    };
    assert_eq!(
        (protected(Op::NewCell { dst: 1, src: 0 }), protected(Op::LoadNone { dst: 1 })),
        (None, Some(13))
    );
}

/// A module with an entity that has a field of each interesting type, changed.
fn rule_of_entity(change: impl FnOnce(&mut Module)) -> Option<u8> {
    let field = |name: &str, ty: FieldType| FieldShape {
        name: name.into(),
        ty,
        optional: false,
        hidden: false,
        constant: None,
        default: Some(1),
        rules: vec![FieldRule::Check(3), FieldRule::Min(Datum::Int(1))],
        on_delete: OnDelete::Restrict,
    };
    let shape = |name: &str| EntityShape {
        name: name.into(),
        fields: vec![
            field("a", FieldType::Enum(0)),
            field("b", FieldType::List(Box::new(FieldType::Reference(1)))),
        ],
        unique: vec![vec![0]],
        indexes: vec![vec![0, 1]],
    };
    rule_with(vec![END], |m| {
        let param = ParamShape { name: None, optional: false };
        m.functions.push(Function { params: vec![param], ..m.functions[1].clone() });
        m.entities.entities = vec![shape("A"), shape("B")];
        m.types.push(TypeShape::Entity(1));
        change(m);
    })
}

#[test]
fn b1_fields_and_types_name_enums_and_entities_that_exist() {
    assert_eq!(rule_of_entity(|_| ()), None);
    assert_eq!(rule_of_entity(|m| m.types.push(TypeShape::Entity(2))), Some(1));
    for ty in [FieldType::Enum(1), FieldType::Reference(2), FieldType::List(Box::new(FieldType::Enum(1)))] {
        assert_eq!(rule_of_entity(|m| m.entities.entities[0].fields[0].ty = ty), Some(1));
    }
    assert_eq!(rule_of_entity(|m| m.entities.entities[0].unique = vec![vec![2]]), Some(1));
    assert_eq!(rule_of_entity(|m| m.entities.entities[0].indexes = vec![vec![0, 2]]), Some(1));
    assert_eq!(rule_of_entity(|m| m.entities.entities[0].fields[0].default = Some(9)), Some(1));
}

#[test]
fn b15_entities_and_their_fields_have_names_of_their_own() {
    assert_eq!(rule_of_entity(|m| m.entities.entities[1].name = "C".into()), None);
    assert_eq!(rule_of_entity(|m| m.entities.entities[1].name = "A".into()), Some(15));
    assert_eq!(rule_of_entity(|m| m.entities.entities[1].fields[1].name = "a".into()), Some(15));
    assert_eq!(rule_of_entity(|m| m.entities.entities[1].indexes = vec![vec![]]), Some(15));
}

#[test]
fn b15_to_b17_hold_for_forms_too() {
    let of_form = |change: fn(&mut EntityShape)| {
        rule_of_entity(|m| {
            let mut form = m.entities.entities[0].clone();
            change(&mut form);
            m.forms.push(form);
        })
    };
    assert_eq!(of_form(|_| ()), None);
    assert_eq!(of_form(|form| form.fields[1].name = form.fields[0].name.clone()), Some(15));
    assert_eq!(of_form(|form| form.fields[0].default = Some(2)), Some(16));
    assert_eq!(of_form(|form| form.fields[0].rules = vec![FieldRule::OneOf(vec![Datum::None])]), Some(17));
}

#[test]
fn b16_a_default_takes_nothing_and_a_check_the_entity() {
    assert_eq!(rule_of_entity(|m| m.entities.entities[0].fields[0].default = None), None);
    for default in [2, 3] {
        assert_eq!(rule_of_entity(|m| m.entities.entities[0].fields[0].default = Some(default)), Some(16));
    }
    for check in [1, 2] {
        let rules = vec![FieldRule::Check(check)];
        assert_eq!(rule_of_entity(|m| m.entities.entities[0].fields[0].rules = rules), Some(16));
    }
}

#[test]
fn b17_rules_fit_what_they_stand_on() {
    let set =
        |at: usize, on_delete| rule_of_entity(|m| m.entities.entities[0].fields[at].on_delete = on_delete);
    assert_eq!((set(1, OnDelete::SetNone), set(1, OnDelete::Cascade)), (None, None));
    assert_eq!((set(0, OnDelete::SetNone), set(0, OnDelete::Restrict)), (Some(17), None));
    let rule = |rule| rule_of_entity(|m| m.entities.entities[0].fields[0].rules = vec![rule]);
    assert_eq!(rule(FieldRule::Max(Datum::Number(0.5))), None);
    assert_eq!(rule(FieldRule::Max(Datum::Text("x".into()))), Some(17));
    assert_eq!(rule(FieldRule::OneOf(vec![Datum::Variant("A".into(), vec![])])), None);
    assert_eq!(rule(FieldRule::OneOf(vec![Datum::List(vec![])])), Some(17));
}

#[test]
fn b18_a_job_repeats_after_a_second_at_least() {
    let every = |millis| rule_with(vec![END], |m| m.endpoints[0].kind = EndpointKind::Every { millis });
    assert_eq!((every(1_000), every(999), every(-1)), (None, Some(18), Some(18)));
}

#[test]
fn a_refusal_says_rule_place_and_numbers() {
    let refusal = verify(Unverified(module(vec![Op::LoadNone { dst: 4 }, END]))).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "bytecode refused by rule B5, function 0, instruction 0: register 4 of 4"
    );
}
