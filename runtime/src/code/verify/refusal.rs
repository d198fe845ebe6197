//! Why the verifier refused a module: the rule, the place, and the numbers.

use crate::code::module::EVERY_MILLIS_MIN;
use std::fmt;

/// A broken rule and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// Index of the function; none for a rule about the module's tables.
    pub function: Option<u32>,
    /// Index of the instruction; none for a rule about the whole function.
    pub pc: Option<u32>,
    /// What is wrong.
    pub fault: Fault,
}

impl Refusal {
    /// The number of the rule that is broken.
    pub const fn rule(&self) -> Rule {
        self.fault.rule()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytecode refused by rule {}", self.rule())?;
        if let Some(function) = self.function {
            write!(f, ", function {function}")?;
        }
        if let Some(pc) = self.pc {
            write!(f, ", instruction {pc}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// The number of a rule; the verifier's header says what each demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule(pub u8);

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{}", self.0)
    }
}

/// What an index points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Constants.
    Constants,
    /// Functions.
    Functions,
    /// Built-ins of the module.
    Natives,
    /// Types.
    Types,
    /// Enums.
    Enums,
    /// Variants of one enum.
    VariantsOfEnum,
    /// Variants that operands name.
    Variants,
    /// Files with global variables.
    Files,
    /// Global variables.
    Globals,
    /// Source files.
    Sources,
    /// Registers of the function.
    Registers,
    /// Spill slots of the function.
    Slots,
    /// Captured variables of the function.
    Captures,
    /// Instructions of the function.
    Instructions,
    /// Entities.
    Entities,
    /// Fields of one entity.
    Fields,
}

impl Table {
    const fn noun(self) -> &'static str {
        match self {
            Self::Constants => "constant",
            Self::Functions => "function",
            Self::Natives => "built-in",
            Self::Types => "type",
            Self::Enums => "enum",
            Self::VariantsOfEnum => "variant of the enum",
            Self::Variants => "variant",
            Self::Files => "file",
            Self::Globals => "global",
            Self::Sources => "source file",
            Self::Registers => "register",
            Self::Slots => "spill slot",
            Self::Captures => "captured variable",
            Self::Instructions => "instruction",
            Self::Entities => "entity",
            Self::Fields => "field",
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// B1: an index of the module's own tables is out of range.
    #[error("{} {index} of {count}", table.noun())]
    TableIndex {
        /// What it points into.
        table: Table,
        /// The index.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// B1: a name is a constant of another kind.
    #[error("constant {constant} stands for a name and is no text")]
    TableName {
        /// Index of the constant.
        constant: u32,
    },
    /// B2: a function that is started from outside takes something.
    #[error(
        "function {function} starts on its own but has {params} parameters and {captures} captured variables"
    )]
    NotStandalone {
        /// Index of the function.
        function: u32,
        /// Its parameters.
        params: u32,
        /// Its captured variables.
        captures: u32,
    },
    /// B3: a type names itself or a later one.
    #[error("type {outer} consists of type {inner}, which is not before it")]
    TypeOrder {
        /// The `AnyOf`.
        outer: u32,
        /// One of its parts.
        inner: u32,
    },
    /// B4: registers outside 1 to 256, or fewer than parameters.
    #[error(
        "{registers} registers for {params} parameters; 1 to 256 are allowed, and one for each parameter"
    )]
    FrameRegisters {
        /// Registers.
        registers: u16,
        /// Parameters.
        params: u32,
    },
    /// B4: a rest parameter without any parameter.
    #[error("a rest parameter, but no parameters")]
    FrameRest,
    /// B4: too many spill slots.
    #[error("{slots} spill slots; at most {} are allowed", super::SLOTS_MAX)]
    FrameSlots {
        /// Spill slots.
        slots: u32,
    },
    /// B4: parameters beyond those that arrive in registers need a slot each.
    #[error("{params} parameters in 200 registers and {slots} spill slots")]
    FrameParams {
        /// Spill slots.
        slots: u32,
        /// Parameters.
        params: u32,
    },
    /// B4: a hint takes something, or captures something else.
    #[error(
        "function {function} as a hint has {params} parameters, or captures other variables than its condition"
    )]
    FrameHint {
        /// Index of the hint.
        function: u32,
        /// Its parameters.
        params: u32,
    },
    /// B5: an operand is out of range.
    #[error("{} {index} of {count}", table.noun())]
    Index {
        /// What it points into.
        table: Table,
        /// The operand.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// B5: a name operand is a constant of another kind.
    #[error("constant {constant} stands for a name and is no text")]
    Name {
        /// Index of the constant.
        constant: u32,
    },
    /// B6: a block of registers ends outside.
    #[error("{length} registers from {base} on do not fit {registers}")]
    Block {
        /// First register.
        base: u8,
        /// How many.
        length: u16,
        /// Registers of the function.
        registers: u16,
    },
    /// B7: a function that captures variables is used without them.
    #[error("function {function} has {captures} captured variables and needs a closure")]
    NeedsClosure {
        /// Index of the function.
        function: u32,
        /// Its captured variables.
        captures: u32,
    },
    /// B7: a captured variable's source does not exist in the frame that makes the closure.
    #[error("function {function} captures {} {index} of {count}", table.noun())]
    CaptureSource {
        /// Index of the function.
        function: u32,
        /// Where it is captured from.
        table: Table,
        /// The source.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// B8: a length is negative.
    #[error("a length of {0}; lengths are not negative")]
    NegativeLength(i32),
    /// B9: the code runs off its end, or there is none.
    #[error("the code can run past its end")]
    FallsOff,
    /// B10: a handler's range is empty, outside the code, or not before its target.
    #[error("handler {handler} protects {start}..{end} and goes on at {target}, of {count} instructions")]
    HandlerRange {
        /// Index of the handler.
        handler: u32,
        /// First instruction.
        start: u32,
        /// One past the last.
        end: u32,
        /// Where it goes on.
        target: u32,
        /// Instructions.
        count: u32,
    },
    /// B10: a handler cuts another one, or comes before one inside it.
    #[error("handler {handler} is not nested with those before it")]
    HandlerOrder {
        /// Index of the handler.
        handler: u32,
    },
    /// B11: a loop's end without its start.
    #[error("the loop's end jumps to {target}, which does not follow a loop's start of the same registers")]
    LoopPair {
        /// Where it jumps.
        target: u32,
    },
    /// B12: spans do not rise.
    #[error("span {span} starts at instruction {start} of {count}, not after the one before it")]
    SpanOrder {
        /// Index of the span.
        span: u32,
        /// Its first instruction.
        start: u32,
        /// Instructions.
        count: u32,
    },
    /// B12: a span of a source file that the module does not have, or that ends before it starts.
    #[error("span {span} is {start}..{end} of source file {file} of {count}")]
    SpanPlace {
        /// Index of the span.
        span: u32,
        /// Source file.
        file: u32,
        /// First byte.
        start: u32,
        /// One past the last byte.
        end: u32,
        /// Source files.
        count: u32,
    },
    /// B12: places of a source file do not rise.
    #[error("the places of source file {file} do not rise at {place}")]
    PlaceOrder {
        /// Source file.
        file: u32,
        /// Index of the place.
        place: u32,
    },
    /// B13: a register may be read before it was written.
    #[error("register {register} may be read before it is written")]
    Unwritten {
        /// The register.
        register: u8,
    },
    /// B14: a register may hold a value where the machine's own is needed, or the other way round.
    #[error(
        "register {register} may hold a value in the place of a captured variable or a loop's state, or such a one \
             in the place of a value"
    )]
    RegisterShape {
        /// The register.
        register: u8,
    },
    /// B14: a slot that holds no captured variable is captured.
    #[error("spill slot {slot} is captured and holds no captured variable")]
    SlotShape {
        /// The slot.
        slot: u32,
    },
    /// B15: two entities of one name.
    #[error("entity {entity} has the name of an earlier one")]
    EntityName {
        /// The later one.
        entity: u32,
    },
    /// B15: two fields of one name.
    #[error("field {field} of entity {entity} has the name of an earlier one")]
    FieldName {
        /// The entity.
        entity: u32,
        /// The later one.
        field: u32,
    },
    /// B15: an index, or a rule of uniqueness, over no field.
    #[error("entity {entity} has an index over no field")]
    EntityIndex {
        /// The entity.
        entity: u32,
    },
    /// B16: a function of a field takes or captures something else.
    #[error(
        "function {function} of a field has {params} parameters and {captures} captured variables, not {wanted} and 0"
    )]
    FieldFunction {
        /// Index of the function.
        function: u32,
        /// Parameters that it should have.
        wanted: u32,
        /// Its parameters.
        params: u32,
        /// Its captured variables.
        captures: u32,
    },
    /// B17: a rule that does not fit.
    #[error("field {field} of entity {entity} has a rule that no value could keep")]
    FieldRule {
        /// The entity.
        entity: u32,
        /// The field.
        field: u32,
    },
    /// B18: a job repeats too often.
    #[error("endpoint {endpoint} repeats after {millis} ms; at least {EVERY_MILLIS_MIN} are allowed")]
    Interval {
        /// The endpoint.
        endpoint: u32,
        /// Milliseconds.
        millis: i64,
    },
}

impl Fault {
    /// The number of the rule that is broken.
    pub const fn rule(&self) -> Rule {
        Rule(match self {
            Self::TableIndex { .. } | Self::TableName { .. } => 1,
            Self::NotStandalone { .. } => 2,
            Self::TypeOrder { .. } => 3,
            Self::FrameRegisters { .. }
            | Self::FrameRest
            | Self::FrameSlots { .. }
            | Self::FrameParams { .. }
            | Self::FrameHint { .. } => 4,
            Self::Index { .. } | Self::Name { .. } => 5,
            Self::Block { .. } => 6,
            Self::NeedsClosure { .. } | Self::CaptureSource { .. } => 7,
            Self::NegativeLength(_) => 8,
            Self::FallsOff => 9,
            Self::HandlerRange { .. } | Self::HandlerOrder { .. } => 10,
            Self::LoopPair { .. } => 11,
            Self::SpanOrder { .. } | Self::SpanPlace { .. } | Self::PlaceOrder { .. } => 12,
            Self::Unwritten { .. } => 13,
            Self::RegisterShape { .. } | Self::SlotShape { .. } => 14,
            Self::EntityName { .. } | Self::FieldName { .. } | Self::EntityIndex { .. } => 15,
            Self::FieldFunction { .. } => 16,
            Self::FieldRule { .. } => 17,
            Self::Interval { .. } => 18,
        })
    }
}
