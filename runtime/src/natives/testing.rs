//! A bench for built-ins: runs one to its end over a heap of its own, calling back into closures of the test.
//!
//! Before every step everything that is not reachable is collected, so that a handle nobody reports reads as gone.

use super::TABLE;
use crate::code::module::ParamShape;
use crate::code::{Function, Module, Op, Unverified, verify};
use crate::value::{Heap, Memory, Object, Pool, Stop, Value};
use crate::vm::entity::saved::Saved;
use crate::vm::{Answer, Context, Effect, Exchange, Flow, Native, Program, Random, Step};
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

/// The program that every bench runs in.
static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let entry = Function { registers: 1, code: vec![Op::ReturnNone {}], ..Function::default() };
    // One of two parameters, for built-ins that look at what they call.
    let param = ParamShape { name: None, optional: false };
    let callee = Function { params: vec![param.clone(), param], registers: 2, ..entry.clone() };
    let module = Unverified(Module { functions: vec![callee, entry], entry: 1, ..Module::default() });
    Program::link(verify(module).unwrap(), TABLE).unwrap()
});

/// A heap and what else a context is made of.
pub struct Bench {
    pub heap: Heap,
    pub program: &'static Program,
    /// Values that the test keeps.
    pub kept: Vec<Value>,
    /// Steps of the last call.
    pub steps: usize,
    /// What the driver answers, in turn.
    pub answers: VecDeque<Answer>,
    /// What it was asked.
    pub asked: Vec<Effect>,
    random: Random,
    saved: Saved,
    pub exchange: Option<Box<Exchange>>,
}

/// Reports values to whoever it is given.
type Trace<'t> = &'t dyn Fn(&mut dyn FnMut(Value));

/// The kind of an error and its message.
/// More than any test spends.
const FUEL: i64 = 1 << 60;

pub type Raised = (&'static str, String);

fn raised(stop: Stop) -> Raised {
    match stop {
        Stop::Raise(raise) => (raise.kind.name(), raise.message.into_owned()),
        other => panic!("{other:?}"),
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::with_budget(256 << 20)
    }

    pub fn with_budget(bytes: usize) -> Self {
        let bench = Self {
            heap: Heap::new(Arc::new([]), Memory::new(bytes, Pool::new(1 << 40))),
            program: &PROGRAM,
            kept: Vec::new(),
            steps: 0,
            answers: VecDeque::new(),
            asked: Vec::new(),
            random: Random::new([0; 32]),
            saved: Saved::default(),
            exchange: None,
        };
        bench.heap.texts.fuel.set(FUEL);
        bench
    }

    /// Units of work that were spent so far.
    pub const fn spent(&self) -> i64 {
        FUEL - self.heap.texts.fuel.left()
    }

    /// A value that the test keeps.
    fn made(&mut self, make: impl Fn(&mut Heap) -> Result<Value, Stop>) -> Value {
        let value = self.retried(&mut |context| make(context.heap), &|_| ()).unwrap();
        self.kept.push(value);
        value
    }

    pub fn text(&mut self, content: &str) -> Value {
        self.made(|heap| heap.new_text(content))
    }

    pub fn list(&mut self, items: &[Value]) -> Value {
        self.made(|heap| heap.new_list(items.to_vec()))
    }

    pub fn map(&mut self) -> Value {
        self.made(|heap| heap.new_map(0).map(Value::Map))
    }

    pub fn ints(&mut self, items: impl IntoIterator<Item = i64>) -> Value {
        let items: Vec<Value> = items.into_iter().map(Value::Int).collect();
        self.list(&items)
    }

    pub fn range(&mut self, start: i64, end: i64, inclusive: bool) -> Value {
        let range = crate::value::Range { start, end, inclusive };
        self.made(|heap| heap.new_object(Object::Range(range)).map(Value::Range))
    }

    pub fn regex(&mut self, source: &str, flags: &str) -> Value {
        let pattern = Arc::new(crate::value::Pattern::compile(source, flags).unwrap());
        self.made(|heap| heap.new_object(Object::Regex(Arc::clone(&pattern))).map(Value::Regex))
    }

    /// The method of that name for the kind of the first argument, else the plain function.
    fn native(name: &str, args: &[Value]) -> &'static Native {
        let named = || TABLE.iter().filter(|native| native.signature.name == name);
        let kind = args.first().map(|value| value.kind());
        let method = kind.and_then(|kind| named().find(|native| native.signature.receiver.has(kind)));
        let found = method.or_else(|| named().find(|native| native.signature.is_function()));
        found.unwrap_or_else(|| panic!("no {name} of {kind:?}"))
    }

    fn answer(&mut self, effect: Effect) -> Answer {
        self.asked.push(effect);
        self.answers.pop_front().expect("an effect")
    }

    pub fn call(&mut self, name: &str, args: &[Value]) -> Result<Value, Raised> {
        self.call_with(name, args, |_, _| panic!("{name} called back"))
    }

    /// `back` stands for every function of the program.
    pub fn call_with(
        &mut self,
        name: &str,
        args: &[Value],
        mut back: impl FnMut(&mut Self, &[Value]) -> Value,
    ) -> Result<Value, Raised> {
        let native = Self::native(name, args);
        self.steps = 0;
        let base = self.kept.len();
        self.kept.extend(args);
        let flow = self.retried(&mut |context| (native.run)(context, args), &|_| ());
        let result = match flow {
            Err(stop) => Err(stop),
            Ok(Flow::Value(value)) => Ok(value),
            Ok(Flow::Effect(effect, convert)) => {
                let answer = self.answer(effect);
                self.retried(&mut |context| convert(context, &answer), &|_| ())
            }
            Ok(Flow::Step(mut stepped)) => {
                let mut answer = None;
                let mut answered = None;
                loop {
                    self.steps += 1;
                    let before = self.spent();
                    let cell = std::cell::RefCell::new(&mut stepped);
                    let step = self.retried(
                        &mut |context| match &mut answered {
                            None => cell.borrow_mut().step(context, answer),
                            Some(answered) => cell.borrow_mut().answered(context, answered),
                        },
                        &|visit| {
                            cell.borrow().trace(visit);
                            if let Some(answer) = answer {
                                visit(answer);
                            }
                        },
                    );
                    let units = self.spent() - before;
                    assert!(units < 3_000_000, "{name}: a step of {units} units");
                    match step {
                        Err(stop) => {
                            self.heap.memory.release(stepped.held()).unwrap();
                            break Err(stop);
                        }
                        Ok(Step::Done(value)) => {
                            self.heap.memory.release(stepped.held()).unwrap();
                            break Ok(value);
                        }
                        Ok(Step::Again) => (answer, answered) = (None, None),
                        Ok(Step::Ask(effect)) => answered = Some(self.answer(effect)),
                        Ok(Step::Call { args, argc, .. }) => {
                            assert!(stepped.calls_back());
                            let given = &args[..usize::from(argc)];
                            answered = None;
                            // What the built-in holds stays alive during the call.
                            let mark = self.kept.len();
                            stepped.trace(&mut |value| self.kept.push(value));
                            answer = Some(back(self, given));
                            self.kept.truncate(mark);
                        }
                    }
                }
            }
        };
        self.kept.truncate(base);
        result.inspect(|&value| self.kept.push(value)).map_err(raised)
    }

    /// Runs an operation as the machine does: a collection before it, and after each request for one.
    fn retried<T>(
        &mut self,
        run: &mut dyn FnMut(&mut Context<'_>) -> Result<T, Stop>,
        trace: Trace<'_>,
    ) -> Result<T, Stop> {
        let mut wanted = 0;
        for attempt in 0..3 {
            let kept = &self.kept;
            let collected = self.heap.collect(wanted, |marker| {
                marker.visit_all(kept);
                trace(&mut |value| marker.visit(value));
            });
            collected.unwrap();
            if attempt == 2 {
                self.heap.memory.lift_threshold();
            }
            let Self { heap, program, random, saved, exchange, .. } = self;
            match run(&mut Context { heap, random, saved, exchange, program }) {
                Err(Stop::Collect { bytes }) => wanted = bytes,
                result => return result,
            }
        }
        Err(self.heap.memory.exhausted())
    }

    /// The content of a text.
    pub fn content(&self, value: Value) -> &str {
        let Value::Text(text) = value else { panic!("no text: {value:?}") };
        self.heap.texts.str(text).unwrap()
    }

    /// A value as the test writes it: texts quoted, lists in brackets, maps in braces.
    pub fn show(&self, value: Value) -> String {
        match value {
            Value::Text(text) => format!("{:?}", self.heap.texts.str(text).unwrap()),
            Value::List(list) => {
                let items: Vec<String> =
                    self.heap.lists.get(list).unwrap().items.iter().map(|&item| self.show(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(map) => {
                let entries = self.heap.maps.get(map).unwrap().iter();
                let entries: Vec<String> = entries
                    .map(|entry| format!("{}: {}", self.show(entry.key), self.show(entry.value)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            Value::None => "none".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Number(n) => format!("{n:?}"),
            Value::Time(n) => format!("time {n}"),
            Value::Duration(n) => format!("duration {n}"),
            other => format!("{other:?}"),
        }
    }

    /// What a call gives, shown; an error as `Kind: message`.
    pub fn shown(&mut self, name: &str, args: &[Value]) -> String {
        match self.call(name, args) {
            Ok(value) => self.show(value),
            Err((kind, message)) => format!("{kind}: {message}"),
        }
    }
}
