//! Bytes as a `.flinc` file: raw ones, and mutants of real modules whose checksum is made right again.
//!
//! For `code`.
//!
//! Oracle: the loader refuses with an offset or gives a module that can be listed, the verifier refuses with a rule or vouches for it, and
//! what it vouched for runs without an internal error.

use super::{Target, machine};
use crate::generate::Choices;
use crate::generate::module::{Names, module};
use flin_runtime::app::SourceFile;
use flin_runtime::check::project::Role;
use flin_runtime::code::module::EndpointKind;
use flin_runtime::code::op::{Operand, OperandValue};
use flin_runtime::code::{Listing, Module, Op, decode, encode, seal, verify};
use flin_runtime::record::shape::{EntityShape, FieldType, Rule};
use std::sync::LazyLock;

/// What it is, and is for.
pub const TARGET: Target =
    Target { name: "bytecode", modules: &["code"], input_bytes_max: 1024, judge: target };

/// How far a mutant came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// The loader refused it.
    Refused,
    /// It decodes.
    Decoded,
    /// The verifier vouched for it, and it ran.
    Verified,
}

/// The target: the first byte says whether the rest is a file or a recipe for a mutant, and of which modules.
pub fn target(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let file = if mode % 2 == 0 {
        let mut file = rest.to_vec();
        seal(&mut file);
        file
    } else if *mode < SERVED_FROM {
        mutant(&MODULES_TO_CHANGE, rest)
    } else {
        mutant(&SERVED[..], rest)
    };
    judge(&file);
}

/// Loads, verifies and runs.
pub fn judge(file: &[u8]) -> Reached {
    let Ok(module) = decode(file) else { return Reached::Refused };
    assert!(encode(&module.0) == file, "one module, two spellings");
    let _ = Listing(&module.0).to_string();
    match verify(module) {
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            Reached::Decoded
        }
        Ok(module) => {
            machine::run_briefly(&module, false);
            machine::run_endpoints(&module);
            Reached::Verified
        }
    }
}

const PROGRAMS: &[&str] = &[
    "fn fib(n) { if n < 2 { return n } return fib(n - 1) + fib(n - 2) }\nprint(fib(9))",
    "xs = [3, 1, 2]\nfor x, i in xs { xs[i] = x * 2 }\nprint(xs.sort((a, b) => b - a), xs.map(x => x + 1).sum())",
    "fn counter(step) { n = 0\n return () => { n += step; n } }\nc = counter(2)\nc()\nprint(c(), \"{c()} é\".upper())",
    "enum S { A, B(w: int) }\nf = s => match s { A -> 1, B(w) if w > 1 -> w, _ -> 0 }\nprint(f(A), f(B(3)), [1, 2][1:])",
    "fn f(a: int | text, b: number?, s: S) { return match a { is int -> /a+/i, _ -> 1.5 } }\nenum S { A }\nprint(f(1, none, A), f(\"x\", 2.0, S.A), 90s)",
    "m = [\"a\": 1]\nm.b = try int(\"x\")\ntry { throw error(\"Odd\", \"no\") } catch e { print(e.kind, m.keys()) }\n[a, ...r] = [1, 2]\nprint(a, r, 1..3, none ?? 2)",
];

/// A file of tests: scripts have no table of them.
const TESTS: &str = "test \"adds\" { assert 1 + 1 == 2 }\ntest \"spans\" { assert (2s).to_ms() == 2000 }";

/// From this first byte on, the mutants are of the project.
const SERVED_FROM: u8 = 128;

/// A project with all that a server knows: entities and their rules, forms, routes, guards, connections and jobs.
const PROJECT: &[(&str, &str)] = &[
    (
        "entities/model.flin",
        r#"
enum Level { Low, High }
entity Team { name: text @unique @required }
entity User {
    name: text @required @minLength(1) @maxLength(40)
    email: text? @email @unique
    age: int = 18 @min(0) @max(150)
    score: number? @positive
    level: Level = Level.Low
    tags: [text] = []
    extra: map?
    site: text? @url @hidden
    code: text? @pattern(/^[a-z]+$/i)
    kind: text? @one_of("a", "b")
    since: time @default(now)
    team: Team? @on_delete(set_none)
    friends: [User] = []
    @check(age < 200)
    @index(name, age)
}
"#,
    ),
    (
        "app/index.flin",
        r#"
route GET "/n/:id" { User.where(age > int(params.id)).order(name).limit(3).map(u => u.name) }
route POST "/n/:id" {
    guard role("admin")
    validate { name: text @required @maxLength(5)
        age: int? @min(18) }
    u = User { name: body.name, age: body.age ?? 1 }
    transaction { save u }
    session.user = u.id
    set_cookie("c", cookies.c ?? "x")
    response { status: 201, headers: { "X-A": headers["x-a"] }, body: [u.name, u @ -1, query.name] }
}
route DELETE "/n/:id" { delete User.get(params.id)
    none }
ws "/w" { n = 0
    on message(m) { n += 1
        send([n, m])
        broadcast("all", m) } }
sse "/s" { for i in 1..3 { emit i
    wait 1s } }
<p class={query.name}>{User.count}{for u in User.all}<b>{u.name}</b>{/for}</p>
"#,
    ),
    (
        "jobs/clean.flin",
        "every 5m { for u in User.all { destroy u } }\ncron \"0 3 * * 1-5\" { log_info(\"night\") }",
    ),
];

/// Modules to change: what the compiler made, and generated ones, whose tables hold what no script leads to.
pub static MODULES_TO_CHANGE: LazyLock<Vec<Module>> = LazyLock::new(|| {
    let tests = [SourceFile::in_memory("tests/a.flin", Role::Test, TESTS)];
    let compiled = PROGRAMS.iter().filter_map(|source| machine::compile(source));
    let compiled = compiled.chain(machine::compile_files(&tests)).map(|module| (*module).clone());
    let names = Names { functions: vec!["len"], methods: vec!["push"] };
    let generated = (1..4_u8).map(|n| module(&[n.wrapping_mul(59); 40], &names));
    compiled.chain(generated).collect()
});

/// A module that a server would run.
static SERVED: LazyLock<[Module; 1]> = LazyLock::new(|| {
    let project = PROJECT.iter().map(|(path, text)| SourceFile::in_memory(path, Role::of(path, &[]), *text));
    let module = machine::compile_served(&project.collect::<Vec<_>>());
    let Some(module) = module else { panic!("the project does not compile") };
    [(*module).clone()]
});

/// A real module with some instructions changed, as the bytes say, sealed.
pub fn mutant(modules: &[Module], bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let mut file = encode(&changed(modules, &mut choices));
    // Some mutants are damaged as files, too.
    if choices.once_in(6) {
        let at = choices.below(file.len());
        file[at] ^= 1 << choices.below(8);
        seal(&mut file);
    }
    file
}

/// One of the modules with some instructions or tables changed.
pub fn changed(modules: &[Module], choices: &mut Choices<'_>) -> Module {
    let mut module = modules[choices.below(modules.len())].clone();
    for _ in 0..=choices.below(3) {
        let at = choices.below(module.functions.len());
        if choices.once_in(5) {
            change_tables(&mut module, choices);
        } else {
            change(&mut module, at, choices);
        }
    }
    module
}

fn change(module: &mut Module, function: usize, choices: &mut Choices<'_>) {
    let function = &mut module.functions[function];
    if function.code.is_empty() {
        return;
    }
    let at = choices.below(function.code.len());
    let other = function.code[choices.below(function.code.len())];
    match choices.below(10) {
        0 => function.code[at] = other,
        1 => {
            function.code.remove(at);
        }
        2 => function.code.insert(at, other),
        3 => function.registers = choices.below(300) as u16,
        4 => {
            if let Some(handler) = function.handlers.first_mut() {
                handler.target = choices.below(40) as u32;
            }
        }
        _ => {
            let which = choices.below(4);
            let value = choices.below(20) as i64 - 2;
            function.code[at] = with_operand(function.code[at], which, value);
        }
    }
}

/// Changes what a module says of its entities and forms, or of what answers.
fn change_tables(module: &mut Module, choices: &mut Choices<'_>) {
    let number = choices.below(12) as u32;
    if choices.once_in(3) {
        let at = choices.below(module.endpoints.len());
        let Some(endpoint) = module.endpoints.get_mut(at) else { return };
        match choices.below(3) {
            0 => endpoint.function = number,
            1 => endpoint.path = number,
            _ => endpoint.kind = EndpointKind::Every { millis: i64::from(number) * 250 },
        }
        return;
    }
    let shapes = module.entities.entities.iter_mut().chain(&mut module.forms);
    let mut shapes: Vec<&mut EntityShape> = shapes.collect();
    let at = choices.below(shapes.len());
    let Some(shape) = shapes.get_mut(at) else { return };
    let at = choices.below(shape.fields.len());
    let other = shape.fields[choices.below(shape.fields.len())].clone();
    let field = &mut shape.fields[at];
    match choices.below(9) {
        0 => field.name = other.name,
        1 => field.ty = other.ty,
        2 => field.ty = FieldType::Reference(number),
        3 => field.ty = FieldType::List(Box::new(FieldType::Enum(number))),
        4 => field.default = Some(number),
        5 => field.rules.extend([Rule::Check(number), Rule::MinLength(u64::from(number))]),
        6 => field.rules = other.rules,
        7 => field.optional = !field.optional,
        _ => shape.unique.push(vec![number; choices.below(3)]),
    }
}

/// The instruction with one operand changed.
fn with_operand(op: Op, which: usize, value: i64) -> Op {
    let mut operands = Vec::new();
    op.operands(|kind, old| operands.push((kind, old)));
    if let Some((kind, old)) = operands.get_mut(which) {
        *old = match kind {
            Operand::Target => OperandValue(old.0 + value - 5),
            _ => OperandValue(value.max(0)),
        };
    }
    let mut operands = operands.into_iter();
    match Op::build(op.code(), |_| operands.next().map(|(_, value)| value).ok_or(())) {
        Some(Ok(op)) => op,
        _ => op,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::bytes;

    #[test]
    fn mutants_of_a_project_keep_the_oracle_and_many_run() {
        let mut verified = 0;
        for seed in 0..300 {
            let file = mutant(&SERVED[..], &bytes(seed, 20));
            verified += usize::from(judge(&file) == Reached::Verified);
        }
        assert!(verified > 60, "{verified}");
        assert_eq!(judge(&encode(&SERVED[0])), Reached::Verified);
    }
}
