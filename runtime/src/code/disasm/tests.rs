//! A listing, and that it can be made of anything.

use super::*;
use crate::base::span::FileId;
use crate::code::module::*;

fn sample() -> Module {
    let texts = ["area", "radius", "twice\nthe size of a line that nobody would want to read to its end"];
    let mut constants: Vec<Const> = texts.iter().map(|text| Const::Text((*text).into())).collect();
    constants.extend([Const::Number(0.5), Const::Regex("[a-z]+".into(), "i".into())]);
    let code = vec![
        Op::JumpIfSet { src: 0, target: 2 },
        Op::LoadConst { dst: 0, constant: 3 },
        Op::IsVariant { dst: 1, src: 0, variant: 0 },
        Op::Is { dst: 1, src: 0, type_: 0 },
        Op::CallMethod { base: 0, argc: 0, dst: 1, name: 1 },
        Op::CallFunction { base: 0, argc: 1, dst: 1, function: 0 },
        Op::CallNative { base: 0, argc: 1, dst: 1, native: 0 },
        Op::LoadConst { dst: 1, constant: 2 },
        Op::LoadConst { dst: 1, constant: 4 },
        Op::GetGlobal { dst: 1, global: 0 },
        Op::JumpLtInt { left: 1, value: -5, target: 2 },
        Op::ForPrepare { base: 0, dst: 1, inclusive: true, target: 12 },
        Op::Return { src: 1 },
    ];
    let area = Function {
        name: Some(0),
        params: vec![
            ParamShape { name: Some(1), optional: true },
            ParamShape { name: None, optional: false },
        ],
        rest: true,
        registers: 2,
        captures: vec![Capture::Register(1), Capture::Slot(0), Capture::Captured(2)],
        code,
        handlers: vec![Handler { start: 1, end: 7, target: 12, register: 1 }],
        spans: vec![
            (0, Span::new(FileId(0), 3, 4)),
            (4, Span::new(FileId(0), 9, 9)),
            (5, Span::new(FileId(7), 1, 1)),
        ],
        ..Function::default()
    };
    let main = Function { registers: 1, code: vec![Op::ReturnNone {}], ..Function::default() };
    Module {
        constants,
        functions: vec![area, main],
        entry: 1,
        natives: vec![NativeRef { name: "print".into() }],
        types: vec![TypeShape::Kind(crate::base::Kind::Text)],
        enums: vec![EnumShape { name: "Shape".into(), variants: vec![("Dot".into(), vec![])] }],
        variants: vec![(0, 0)],
        files: vec![GlobalFile { name: "lib/a.flin".into(), initialiser: None }],
        globals: vec![(0, 1)],
        sources: vec![SourceLines { name: "main.flin".into(), positions: vec![(3, 1, 4)] }],
        ..Module::default()
    }
}

#[test]
fn a_listing_names_what_operands_point_to() {
    insta::assert_snapshot!(Listing(&sample()).to_string());
}

#[test]
fn what_points_nowhere_is_shown_as_its_number() {
    let mut module = sample();
    module.functions[0].spans = vec![(0, Span::new(FileId(7), 1, 1))];
    let functions = std::mem::take(&mut module.functions);
    let bare = Module { functions, ..Module::default() };
    insta::assert_snapshot!(Listing(&bare).to_string());
}
