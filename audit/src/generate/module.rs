//! Modules out of bytes: bytecode that the verifier mostly accepts and that does odd things all the same.
//!
//! Every function starts by writing the registers that its body reads; jumps go to the start of statements; loops, cells
//! and closures occur in the shapes that the verifier asks for. What the values are, nobody cares: that is the point.

use super::Choices;
use flin_runtime::code::module::NativeRef;
use flin_runtime::code::op::{Block, Operand, OperandValue, TABLE};
use flin_runtime::code::{Capture, Const, EnumShape, Function, GlobalFile, Handler, Module, Op, ParamShape};

/// Registers that the body reads and writes at will.
const PLAIN: u8 = 16;
/// Holds a cell.
const CELL: u8 = 16;
/// Holds the state of a loop.
const ITERATOR: u8 = 17;
/// Next and last of a loop over ints.
const COUNTER: u8 = 18;
/// Holds markup that grows.
const MARKUP: u8 = 20;
/// Calls are made from here.
const CALLS: u8 = 24;
/// Arguments of a call, at most.
const ARGUMENTS: u8 = 4;
/// Registers of every function.
const REGISTERS: u16 = 32;
const SLOTS: u32 = 3;

/// A statement: instructions whose targets are still numbers of statements.
type Statement = Vec<Op>;

/// Names of built-ins to call.
#[derive(Clone, Debug)]
pub struct Names {
    /// By themselves.
    pub functions: Vec<&'static str>,
    /// On a value.
    pub methods: Vec<&'static str>,
}

/// Built-ins of each kind that one module names.
const NAMED: usize = 8;

/// The module that the bytes stand for.
pub fn module(bytes: &[u8], names: &Names) -> Module {
    let mut choices = Choices::new(bytes);
    let mut constants = constants();
    let mut pick = |from: &[&'static str]| -> Vec<&'static str> {
        (0..NAMED.min(from.len())).map(|_| choices.pick(from)).collect()
    };
    let (functions, methods) = (pick(&names.functions), pick(&names.methods));
    constants.extend(methods.into_iter().map(|name| Const::Text(name.into())));
    let texts: Vec<u32> =
        (0..).zip(&constants).filter(|(_, c)| matches!(c, Const::Text(_))).map(|(at, _)| at).collect();
    let used: Vec<NativeRef> = functions.into_iter().map(|name| NativeRef { name: name.into() }).collect();
    let count = 1 + choices.below(3);
    let tables = Tables { constants: constants.len(), texts, natives: used.len(), functions: count };
    let functions = (0..=count).map(|at| function(&mut choices, &tables, at)).collect();
    Module {
        constants,
        functions,
        entry: 0,
        natives: used,
        types: vec![
            flin_runtime::code::module::TypeShape::Any,
            flin_runtime::code::module::TypeShape::Kind(flin_runtime::base::Kind::Int),
            flin_runtime::code::module::TypeShape::Enum(0),
            flin_runtime::code::module::TypeShape::AnyOf(vec![0, 1]),
        ],
        entities: flin_runtime::record::Schema::default(),
        enums: vec![EnumShape {
            name: "Shape".into(),
            variants: vec![("Dot".into(), vec![]), ("Box".into(), vec!["w".into(), "".into()])],
        }],
        variants: vec![(0, 0), (0, 1)],
        files: vec![GlobalFile { name: "main.flin".into(), initialiser: None }],
        globals: vec![(0, 2), (0, 3)],
        tests: Vec::new(),
        endpoints: Vec::new(),
        forms: Vec::new(),
        sources: Vec::new(),
    }
}

fn constants() -> Vec<Const> {
    vec![
        Const::Int(i64::MAX),
        Const::Number(0.5),
        Const::Text("a".into()),
        Const::Text("length".into()),
        Const::Text("é漢🎉".into()),
        Const::Duration(1500),
        Const::Regex("a+|b".into(), "i".into()),
        Const::Text("push".into()),
        Const::Text("map".into()),
        Const::Text("sort".into()),
        Const::Text("kind".into()),
        Const::Int(i64::MIN),
        Const::Number(f64::NAN),
    ]
}

/// Sizes of the module's tables.
struct Tables {
    constants: usize,
    texts: Vec<u32>,
    natives: usize,
    /// Functions besides the last, which captures a variable.
    functions: usize,
}

fn function(choices: &mut Choices<'_>, tables: &Tables, at: usize) -> Function {
    let closure = at == tables.functions;
    let params = if at == 0 { 0 } else { choices.below(3) };
    let mut statements: Vec<Statement> = vec![prologue(choices, tables, params)];
    for _ in 0..3 + choices.below(20) {
        statements.push(statement(choices, tables, closure));
    }
    let src = plain(choices);
    statements.push(vec![Op::Return { src }]);
    let mut starts = Vec::new();
    let mut length = 0;
    for statement in &statements {
        starts.push(length);
        length += statement.len() as u32;
    }
    let handlers = handlers(choices, &starts);
    let code = statements.iter().flatten().map(|op| resolve(*op, &starts)).collect();
    Function {
        name: Some(2),
        params: (0..params).map(|_| ParamShape { name: Some(2), optional: choices.once_in(3) }).collect(),
        rest: params > 0 && choices.once_in(5),
        ignores_arguments: false,
        hint: None,
        registers: REGISTERS,
        slots: SLOTS,
        captures: if closure { vec![Capture::Register(CELL)] } else { Vec::new() },
        code,
        handlers,
        spans: Vec::new(),
    }
}

/// Writes every register that the body may read.
fn prologue(choices: &mut Choices<'_>, tables: &Tables, params: usize) -> Statement {
    let mut ops: Statement = Vec::new();
    for dst in params as u8..PLAIN {
        ops.push(match choices.below(8) {
            0 => Op::LoadNone { dst },
            1 => Op::LoadBool { dst, value: choices.once_in(2) },
            2 | 3 => Op::LoadInt { dst, value: choices.below(7) as i32 - 2 },
            4 => Op::LoadConst { dst, constant: choices.below(tables.constants) as u32 },
            5 => Op::NewMap { dst, capacity: choices.below(4) as i32 },
            6 => Op::LoadFunction { dst, function: choices.below(tables.functions) as u32 },
            _ => Op::LoadVariant { dst, variant: choices.below(2) as u32 },
        });
    }
    ops.push(Op::NewList { dst: 0, base: 0, argc: choices.below(6) as u8 });
    ops.push(Op::NewCell { dst: CELL, src: plain(choices) });
    ops.push(Op::Iterate { dst: ITERATOR, src: 0 });
    ops.push(Op::NewMarkup { dst: MARKUP });
    ops
}

fn plain(choices: &mut Choices<'_>) -> u8 {
    choices.below(usize::from(PLAIN)) as u8
}

fn statement(choices: &mut Choices<'_>, tables: &Tables, closure: bool) -> Statement {
    let (a, b) = (plain(choices), plain(choices));
    match choices.below(18) {
        0 => vec![Op::GetCell { dst: a, cell: CELL }],
        1 => vec![Op::SetCell { cell: CELL, src: a }],
        2 => vec![Op::Next { iterator: ITERATOR, value: a, target: target(choices) }],
        3 => vec![Op::NextPair { iterator: ITERATOR, first: a, second: b, target: target(choices) }],
        4 => vec![Op::Iterate { dst: ITERATOR, src: a }],
        5 => vec![Op::NewClosure { dst: a, function: tables.functions as u32 }],
        6 if closure => vec![Op::GetCaptured { dst: a, captured: 0 }],
        7 if closure => vec![Op::SetCaptured { src: a, captured: 0 }],
        8 => counted_loop(choices),
        9..=11 => call(choices, tables),
        12 | 13 => vec![markup(choices, tables)],
        _ => vec![any(choices, tables)],
    }
}

/// Something that goes into the markup, or what comes out.
fn markup(choices: &mut Choices<'_>, tables: &Tables) -> Op {
    let (markup, src) = (MARKUP, plain(choices));
    let (name, flag) = (choices.pick(&tables.texts), choices.once_in(2));
    match choices.below(11) {
        0 => Op::NewMarkup { dst: markup },
        1 => Op::PutText { markup, constant: name },
        2 | 3 => Op::PutValue { markup, src },
        4 => Op::PutPart { markup, src, escaped: flag },
        5 => Op::PutAttribute { markup, src, name },
        6 => Op::PutAttributes { markup, src },
        7 => Op::PutClasses { markup, src },
        8 => Op::PutTag { markup, src, end: flag },
        9 if flag => Op::BeginPart { markup, style: choices.once_in(2) },
        9 => Op::EndPart { markup, style: choices.once_in(2) },
        _ => Op::TakeMarkup { dst: src, markup, text: flag },
    }
}

/// Number of a statement; [`resolve`] turns it into an instruction.
fn target(choices: &mut Choices<'_>) -> u32 {
    choices.below(256) as u32
}

fn counted_loop(choices: &mut Choices<'_>) -> Statement {
    let dst = plain(choices);
    let inclusive = choices.once_in(2);
    vec![
        Op::LoadInt { dst: COUNTER, value: choices.below(3) as i32 },
        Op::LoadInt { dst: COUNTER + 1, value: choices.below(9) as i32 },
        Op::ForPrepare { base: COUNTER, dst, inclusive, target: target(choices) },
    ]
}

fn call(choices: &mut Choices<'_>, tables: &Tables) -> Statement {
    let argc = choices.below(usize::from(ARGUMENTS)) as u8;
    let dst = plain(choices);
    let mut ops: Statement = (0..=argc).map(|at| Op::Move { dst: CALLS + at, src: plain(choices) }).collect();
    ops.push(match choices.below(5) {
        0 => Op::Call { base: CALLS, argc, dst },
        1 if choices.once_in(2) => Op::CallComponent { base: CALLS, argc, dst },
        1 => Op::CallFunction { base: CALLS, argc, dst, function: choices.below(tables.functions) as u32 },
        2 if tables.natives > 0 => {
            Op::CallNative { base: CALLS, argc, dst, native: choices.below(tables.natives) as u32 }
        }
        _ => Op::CallMethod { base: CALLS, argc, dst, name: choices.pick(&tables.texts) },
    });
    ops
}

/// Any instruction of the table whose operands stand for themselves.
fn any(choices: &mut Choices<'_>, tables: &Tables) -> Op {
    for _ in 0..20 {
        let info = &TABLE[choices.below(TABLE.len())];
        let special = matches!(info.block, Block::Call)
            || info.name.contains("Cell")
            || info.name.contains("Captured")
            || info.name.starts_with("Put")
            || info.name.contains("Part")
            || info.name.contains("Markup")
            || info.name.starts_with("Next")
            || info.name.starts_with("For")
            || matches!(
                info.name,
                "Iterate" | "NewClosure" | "Return" | "ReturnNone" | "CallWith" | "CallMethodWith"
            );
        if special {
            continue;
        }
        let read = |operand: Operand| Ok::<_, ()>(OperandValue(operand_value(choices, tables, operand)));
        if let Some(Ok(op)) = Op::build(info.code, read) {
            return op;
        }
    }
    Op::LoadNone { dst: 0 }
}

fn operand_value(choices: &mut Choices<'_>, tables: &Tables, operand: Operand) -> i64 {
    let below = match operand {
        Operand::Read | Operand::Write | Operand::Update => usize::from(PLAIN),
        Operand::Base | Operand::Count | Operand::Imm => 8,
        Operand::Flag | Operand::Variant | Operand::Global => 2,
        Operand::Small => 5,
        Operand::Constant => tables.constants,
        Operand::Name => return i64::from(choices.pick(&tables.texts)),
        Operand::Function => tables.functions,
        Operand::Native => tables.natives,
        Operand::Slot => SLOTS as usize,
        Operand::Target => 256,
        Operand::Type => 4,
        Operand::Captured => 1,
    };
    choices.below(below) as i64
}

/// Protects some statements and goes on at a later one.
fn handlers(choices: &mut Choices<'_>, starts: &[u32]) -> Vec<Handler> {
    let last = starts.len() - 1;
    if last < 3 || choices.once_in(3) {
        return Vec::new();
    }
    let first = 1 + choices.below(last - 2);
    let end = (first + 1 + choices.below(4)).min(last);
    let target = (end + choices.below(3)).min(last);
    let (start, end, target) = (starts[first], starts[end], starts[target]);
    vec![Handler { start, end, target, register: plain(choices) }]
}

/// Turns the number of a statement into the index of its first instruction (never the prologue's).
fn resolve(op: Op, starts: &[u32]) -> Op {
    let built = Op::build(op.code(), {
        let mut values = Vec::new();
        op.operands(|kind, value| values.push((kind, value)));
        let mut values = values.into_iter();
        move |_| {
            let (kind, value) = values.next().ok_or(())?;
            if kind != Operand::Target {
                return Ok::<_, ()>(value);
            }
            let statements = starts.len().saturating_sub(1).max(1);
            let at = 1 + value.0.unsigned_abs() as usize % statements;
            Ok(OperandValue(i64::from(starts[at.min(starts.len() - 1)])))
        }
    });
    match built {
        Some(Ok(op)) => op,
        _ => op,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flin_runtime::code::verify::{Unverified, verify};

    #[test]
    fn most_modules_verify() {
        let mut state: u32 = 7;
        let mut accepted = 0;
        let names = Names { functions: vec!["json_parse"], methods: vec!["push"] };
        for _ in 0..500 {
            let bytes: Vec<u8> = (0..400)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            accepted += usize::from(verify(Unverified(module(&bytes, &names))).is_ok());
        }
        assert!(accepted > 300, "{accepted} of 500");
    }
}
