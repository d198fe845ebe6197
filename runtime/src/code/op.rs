//! The opcode table. From it come the enum, the encoder, the decoder, the disassembler, what the verifier must check of
//! each operand, and the format page.
//!
//! An instruction is one 8-byte word: opcode, three bytes `a b c`, and a 32-bit `d`. A register is one of 256 in the
//! frame's window. Calls take a block of consecutive registers: the callee (or receiver) at `base`, `argc` arguments
//! after it; the result goes to `dst`.
//!
//! Fuel: a jump backwards costs the distance, a call costs 1 and the length of the called code; natives charge their own.

/// What an operand is: decides how it is encoded, shown and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register that is read.
    Read,
    /// A register that is written.
    Write,
    /// A register that is read and written.
    Update,
    /// First register of a block; how long it is and what happens to it, the opcode's `block` says.
    Base,
    /// A number of registers or elements.
    Count,
    /// 0 or 1.
    Flag,
    /// A small signed number in the place of two bytes.
    Small,
    /// A signed number in `d`.
    Imm,
    /// Index of a constant.
    Constant,
    /// Index of a constant that is a text.
    Name,
    /// Index of a function.
    Function,
    /// Index of a built-in in the module's list.
    Native,
    /// Index of a global variable.
    Global,
    /// Index of a captured variable of the running function.
    Captured,
    /// Index of a spill slot of the frame.
    Slot,
    /// Index of an instruction of the same function.
    Target,
    /// Index of a type in the module's list.
    Type,
    /// Index of a variant in the module's list of all variants.
    Variant,
}

/// The block of registers that an instruction reads (and writes) besides its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// None.
    No,
    /// Reads `base` and the `argc` registers after it; may overwrite all from `base` on.
    Call,
    /// Reads `argc` registers from `base` on.
    Take,
    /// Reads a fixed number of registers from `base` on.
    Fixed(u8),
}

macro_rules! operand_type {
    (Small) => {
        i16
    };
    (Imm) => {
        i32
    };
    (Read) => {
        u8
    };
    (Write) => {
        u8
    };
    (Update) => {
        u8
    };
    (Base) => {
        u8
    };
    (Count) => {
        u8
    };
    (Flag) => {
        bool
    };
    ($wide:ident) => {
        u32
    };
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])+ $code:literal $name:ident { $($field:ident: $kind:ident),* } $block:expr;)+) => {
        /// One instruction.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Op {
            $($(#[doc = $doc])+ $name { $(#[doc = stringify!($kind)] $field: operand_type!($kind)),* }),+
        }

        /// The table: one entry an opcode, in the order of their codes.
        pub const TABLE: &[OpInfo] = &[$(OpInfo {
            code: $code,
            name: stringify!($name),
            doc: concat!($($doc, "\n"),+),
            operands: &[$((stringify!($field), Operand::$kind)),*],
            block: $block,
        }),+];

        impl Op {
            /// The opcode.
            pub const fn code(&self) -> u8 {
                match self { $(Self::$name { .. } => $code),+ }
            }

            /// Calls `visit` with each operand in the order of the table.
            pub fn operands(&self, mut visit: impl FnMut(Operand, OperandValue)) {
                match *self {
                    $(Self::$name { $($field),* } => { $(visit(Operand::$kind, OperandValue::from($field));)* let _ = &mut visit; })+
                }
            }

            /// Builds the instruction of an opcode, asking `read` for each operand in the order of the table.
            /// None for an unknown opcode; otherwise what `read` refused, or the instruction.
            pub fn build<E>(code: u8, mut read: impl FnMut(Operand) -> Result<OperandValue, E>) -> Option<Result<Self, E>> {
                match code {
                    $($code => Some(attempt(|| { let _ = &mut read; Ok(Self::$name { $($field: read(Operand::$kind)?.into()),* }) })),)+
                    _ => None,
                }
            }
        }
    };
}

/// Runs it at once: a place for `?` inside an expression.
fn attempt<T, E>(f: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    f()
}

/// An operand as a number, wide enough for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperandValue(pub i64);

macro_rules! operand_value {
    ($($t:ty)+) => { $(
        impl From<$t> for OperandValue {
            fn from(n: $t) -> Self {
                Self(i64::from(n))
            }
        }
        impl From<OperandValue> for $t {
            /// Out-of-range numbers become 0; the decoder reads each operand in its own width, so there are none.
            fn from(n: OperandValue) -> Self {
                <$t>::try_from(n.0).unwrap_or_default()
            }
        }
    )+ };
}
operand_value!(u8 i16 i32 u32);
impl From<bool> for OperandValue {
    fn from(b: bool) -> Self {
        Self(i64::from(b))
    }
}
impl From<OperandValue> for bool {
    fn from(n: OperandValue) -> Self {
        n.0 != 0
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// The opcode.
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Names and kinds of its operands.
    pub operands: &'static [(&'static str, Operand)],
    /// The registers it uses besides.
    pub block: Block,
}

ops! {
    // Moves and constants
    /// `dst = src`.
    0x01 Move { dst: Write, src: Read } Block::No;
    /// `dst` = none.
    0x02 LoadNone { dst: Write } Block::No;
    /// `dst` = the machine's mark for a variable that no assignment has reached.
    0x03 LoadUnset { dst: Write } Block::No;
    /// `dst` = a truth value.
    0x04 LoadBool { dst: Write, value: Flag } Block::No;
    /// `dst` = a small int.
    0x05 LoadInt { dst: Write, value: Imm } Block::No;
    /// `dst` = a constant.
    0x06 LoadConst { dst: Write, constant: Constant } Block::No;
    /// `dst` = a function that captures nothing.
    0x07 LoadFunction { dst: Write, function: Function } Block::No;
    /// `dst` = a built-in function.
    0x08 LoadNative { dst: Write, native: Native } Block::No;
    /// `dst` = a method name as a function of its receiver.
    0x09 LoadMethod { dst: Write, name: Name } Block::No;
    /// `dst` = a variant without payload, or the constructor of one with payload.
    0x0A LoadVariant { dst: Write, variant: Variant } Block::No;
    /// `dst` = the client value.
    0x0B LoadClient { dst: Write } Block::No;
    /// `dst` = a spill slot.
    0x0C LoadSlot { dst: Write, slot: Slot } Block::No;
    /// Spill slot = `src`.
    0x0D StoreSlot { src: Read, slot: Slot } Block::No;
    /// `dst` = a global; runs its file's initialiser first when that never ran; NameError when it is still unset.
    0x0E GetGlobal { dst: Write, global: Global } Block::No;
    /// Global = `src`.
    0x0F SetGlobal { src: Read, global: Global } Block::No;
    /// NameError naming the variable when `src` is unset.
    0x10 CheckSet { src: Read, name: Name } Block::No;

    // Captured variables
    /// `dst` = a new captured variable holding `src`.
    0x11 NewCell { dst: Write, src: Read } Block::No;
    /// `dst` = what the captured variable in `cell` holds (may be unset).
    0x12 GetCell { dst: Write, cell: Read } Block::No;
    /// The captured variable in `cell` holds `src` from now on.
    0x13 SetCell { cell: Read, src: Read } Block::No;
    /// `dst` = what the running function's captured variable holds (may be unset).
    0x14 GetCaptured { dst: Write, captured: Captured } Block::No;
    /// The running function's captured variable holds `src` from now on.
    0x15 SetCaptured { src: Read, captured: Captured } Block::No;
    /// `dst` = the function with the variables that its capture list names, out of this frame.
    0x16 NewClosure { dst: Write, function: Function } Block::No;

    /// `dst` = a global like `GetGlobal`, but the mark of an unset variable when it is still unset.
    0x17 PeekGlobal { dst: Write, global: Global } Block::No;

    // Arithmetic
    /// `dst = left + right`.
    0x20 Add { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left - right`.
    0x21 Sub { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left * right`.
    0x22 Mul { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left / right`.
    0x23 Div { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left % right`.
    0x24 Rem { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left ** right`.
    0x25 Pow { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left ++ right`.
    0x26 Concat { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left + value`.
    0x27 AddInt { dst: Write, left: Read, value: Imm } Block::No;
    /// `dst = left - value`.
    0x28 SubInt { dst: Write, left: Read, value: Imm } Block::No;
    /// `dst = left * value`.
    0x29 MulInt { dst: Write, left: Read, value: Imm } Block::No;
    /// `dst = left / value`.
    0x2A DivInt { dst: Write, left: Read, value: Imm } Block::No;
    /// `dst = left % value`.
    0x2B RemInt { dst: Write, left: Read, value: Imm } Block::No;
    /// `dst = -src`.
    0x2C Neg { dst: Write, src: Read } Block::No;
    /// `dst = !src`.
    0x2D Not { dst: Write, src: Read } Block::No;
    /// `dst` = the texts of `count` registers from `base` on, joined.
    0x2E Interpolate { dst: Write, base: Base, argc: Count } Block::Take;
    /// `dst` = the int or number `left` plus `value`; other kinds are refused, those that `+` takes too.
    0x2F Step { dst: Write, left: Read, value: Imm } Block::No;

    // Comparison
    /// `dst = left == right`.
    0x30 Eq { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left != right`.
    0x31 Ne { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left < right`.
    0x32 Lt { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left <= right`.
    0x33 Le { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = left in right`.
    0x34 In { dst: Write, left: Read, right: Read } Block::No;
    /// `dst = src is type`.
    0x35 Is { dst: Write, src: Read, type_: Type } Block::No;
    /// `dst` = the range `start..end`.
    0x36 RangeIncl { dst: Write, start: Read, end: Read } Block::No;
    /// `dst` = the range `start..<end`.
    0x37 RangeExcl { dst: Write, start: Read, end: Read } Block::No;

    // Jumps
    /// Goes on at the target.
    0x40 Jump { target: Target } Block::No;
    /// Jumps when `src` is true in the sense of the language.
    0x41 JumpIf { src: Read, target: Target } Block::No;
    /// Jumps when it is not.
    0x42 JumpIfNot { src: Read, target: Target } Block::No;
    /// Jumps when `src` is none.
    0x43 JumpIfNone { src: Read, target: Target } Block::No;
    /// Jumps when `src` is not none.
    0x44 JumpIfSome { src: Read, target: Target } Block::No;
    /// Jumps when `src` is not the mark of an unset variable or absent argument.
    0x45 JumpIfSet { src: Read, target: Target } Block::No;
    /// Jumps when `left < right` is `when`.
    0x46 JumpLt { left: Read, right: Read, when: Flag, target: Target } Block::No;
    /// Jumps when `left <= right` is `when`.
    0x47 JumpLe { left: Read, right: Read, when: Flag, target: Target } Block::No;
    /// Jumps when `left < value`.
    0x48 JumpLtInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left <= value`.
    0x49 JumpLeInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left > value`.
    0x4A JumpGtInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left >= value`.
    0x4B JumpGeInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left == value`.
    0x4C JumpEqInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left != value`.
    0x4D JumpNeInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left < value` is false (which of NaN it is for each order).
    0x4E JumpNotLtInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left <= value` is false.
    0x4F JumpNotLeInt { left: Read, value: Small, target: Target } Block::No;

    // Loops
    /// `dst` = the state of a loop over a snapshot of `src`; TypeError when it cannot be iterated.
    0x50 Iterate { dst: Write, src: Read } Block::No;
    /// `value` = the loop's next element, or jumps when there is none.
    0x51 Next { iterator: Read, value: Write, target: Target } Block::No;
    /// `first`, `second` = element and position (of a map: key and value), or jumps when there is none.
    0x52 NextPair { iterator: Read, first: Write, second: Write, target: Target } Block::No;
    /// Prepares a loop over ints: registers `base` (next), `base+1` (last); TypeError unless ints; an exclusive bound is
    /// made inclusive; jumps to the target when the range is empty. Else `dst` = the first.
    0x53 ForPrepare { base: Base, dst: Write, inclusive: Flag, target: Target } Block::Fixed(2);
    /// Counts up: when `base` is not `base+1`, adds 1 to it, `dst` = it, and jumps back to the target.
    0x54 ForNext { base: Base, dst: Write, target: Target } Block::Fixed(2);

    // Jumps on comparisons, continued
    /// Jumps when `left > value` is false.
    0x55 JumpNotGtInt { left: Read, value: Small, target: Target } Block::No;
    /// Jumps when `left >= value` is false.
    0x56 JumpNotGeInt { left: Read, value: Small, target: Target } Block::No;

    // Lists and maps
    /// `dst` = a new list of `argc` registers from `base` on.
    0x58 NewList { dst: Write, base: Base, argc: Count } Block::Take;
    /// Appends `argc` registers from `base` on to the list.
    0x59 Append { list: Read, base: Base, argc: Count } Block::Take;
    /// Appends the elements of `src`, iterated, to the list.
    0x5A AppendAll { list: Read, src: Read } Block::No;
    /// `dst` = a new map with room for so many entries.
    0x5B NewMap { dst: Write, capacity: Imm } Block::No;
    /// `map[key] = value`, for literals and writes; TypeError when it is not a map or the key cannot be one.
    0x5C MapSet { map: Read, key: Read, value: Read } Block::No;
    /// Sets the entries of `src` (a map or none) in the map.
    0x5D MapSetAll { map: Read, src: Read } Block::No;
    /// `dst = object[index]`.
    0x5E GetIndex { dst: Write, object: Read, index: Read } Block::No;
    /// `object[index] = value`.
    0x5F SetIndex { object: Read, index: Read, value: Read } Block::No;
    /// `dst = object.name`.
    0x60 GetField { dst: Write, object: Read, name: Name } Block::No;
    /// `object.name = value`.
    0x61 SetField { object: Read, value: Read, name: Name } Block::No;
    /// `dst = object[start:end:step]`, the bounds in three registers from `base` on.
    0x62 Slice { dst: Write, object: Read, base: Base } Block::Fixed(3);
    /// Removes the key from the map; TypeError when it is no map.
    0x63 DeleteKey { map: Read, key: Read } Block::No;

    // Components
    /// Calls the function value at `base` with `argc` arguments after it as a component: those inside each other are
    /// limited.
    0x64 CallComponent { base: Base, argc: Count, dst: Write } Block::Call;

    // Calls
    /// Calls the function value at `base` with `argc` arguments after it.
    0x68 Call { base: Base, argc: Count, dst: Write } Block::Call;
    /// Calls a function of the program that captures nothing; arguments after `base`.
    0x69 CallFunction { base: Base, argc: Count, dst: Write, function: Function } Block::Call;
    /// Calls a built-in function; arguments after `base`. An unset argument counts as not given.
    0x6A CallNative { base: Base, argc: Count, dst: Write, native: Native } Block::Call;
    /// Calls a method of the value at `base`; arguments after it. A map's own entry that is a function comes first.
    0x6B CallMethod { base: Base, argc: Count, dst: Write, name: Name } Block::Call;
    /// Calls the function value at `base` with the list at `base+1` and the named arguments of the map (or none) at `base+2`.
    0x6C CallWith { base: Base, dst: Write } Block::Fixed(3);
    /// Calls a method of the value at `base` likewise.
    0x6D CallMethodWith { base: Base, dst: Write, name: Name } Block::Fixed(3);
    /// Returns `src` to the caller.
    0x6E Return { src: Read } Block::No;
    /// Returns none to the caller.
    0x6F ReturnNone { } Block::No;

    // Errors
    /// Raises `src`: an error, or a text as the message of one of kind `Error`; else TypeError.
    0x70 Throw { src: Read } Block::No;
    /// Raises MatchFailed for the subject.
    0x71 MatchFailed { src: Read } Block::No;
    /// Raises AssertionFailed: texts of the constant, and of `left` and `right` when they are set.
    0x72 AssertFailed { left: Read, right: Read, note: Read, source: Name } Block::No;

    // Patterns and destructuring
    /// `dst` = is `src` this variant (with or without payload)?
    0x78 IsVariant { dst: Write, src: Read, variant: Variant } Block::No;
    /// `dst` = the payload value at `index` of the variant in `src`, or none.
    0x79 GetPayload { dst: Write, src: Read, index: Count } Block::No;
    /// `dst` = is `src` a list of exactly `length` elements (`rest`: of at least so many)?
    0x7A IsListOf { dst: Write, src: Read, rest: Flag, length: Imm } Block::No;
    /// `dst` = is `src` a map (or entity) with this key?
    0x7B HasKey { dst: Write, src: Read, name: Name } Block::No;
    /// `dst` = the elements of the list `src` from `from` on, as a new list.
    0x7C ListRest { dst: Write, src: Read, from: Imm } Block::No;
    /// `dst` = a new list of what `src` yields when iterated; IndexOutOfBounds when fewer than `length`.
    0x7D TakeList { dst: Write, src: Read, length: Imm } Block::No;
    /// TypeError unless `src` is a map (or entity).
    0x7E CheckMap { src: Read } Block::No;
    /// `dst` = a copy of the map `src` without the keys in the list `keys`.
    0x7F MapRest { dst: Write, src: Read, keys: Read } Block::No;
    /// `dst = subject == src`, or for a range in `src` and a numeric subject, is it a member?
    0x80 Matches { dst: Write, subject: Read, src: Read } Block::No;

    // Markup
    /// `dst` = new markup, empty.
    0x88 NewMarkup { dst: Write } Block::No;
    /// Appends the text of the constant as it is.
    0x89 PutText { markup: Update, constant: Name } Block::No;
    /// Appends `src` rendered: nothing for none and functions, a view's markup, a list's elements in turn, else its text,
    /// escaped.
    0x8A PutValue { markup: Update, src: Read } Block::No;
    /// Appends the text of `src`, escaped when `escaped`.
    0x8B PutPart { markup: Update, src: Read, escaped: Flag } Block::No;
    /// Appends an attribute; which values write nothing or only the name, the language says.
    0x8C PutAttribute { markup: Update, src: Read, name: Name } Block::No;
    /// Appends an attribute for each entry of the map (or none); ValueError for a name that is none.
    0x8D PutAttributes { markup: Update, src: Read } Block::No;
    /// Appends `class` with what the list in `src` holds; nothing when that is nothing.
    0x8E PutClasses { markup: Update, src: Read } Block::No;
    /// Appends `<` and the tag in `src`, or when `end` its end tag unless it has none; ValueError when it is none.
    0x8F PutTag { markup: Update, src: Read, end: Flag } Block::No;
    /// Begins the value of the attribute whose opening quote was appended, or a `<style>` element when `style`.
    0x90 BeginPart { markup: Update, style: Flag } Block::No;
    /// Ends it: a value that would run as a script becomes `#`, a `<style>` element that is there already goes away.
    0x91 EndPart { markup: Update, style: Flag } Block::No;
    /// `dst` = a view of the markup, or its text when `text`; the markup is empty afterwards.
    0x92 TakeMarkup { dst: Write, markup: Read, text: Flag } Block::No;
}

const _: () = assert!(size_of::<Op>() == 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_every_instruction_is_built_from_its_own_operands() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        for info in TABLE {
            let mut n = 0;
            let built = Op::build::<()>(info.code, |_| {
                n += 1;
                Ok(OperandValue(i64::from(n % 2)))
            });
            let op = built.unwrap().unwrap();
            assert_eq!(op.code(), info.code);
            let mut kinds = Vec::new();
            op.operands(|kind, _| kinds.push(kind));
            assert_eq!(kinds, info.operands.iter().map(|(_, kind)| *kind).collect::<Vec<_>>());
        }
    }
}
