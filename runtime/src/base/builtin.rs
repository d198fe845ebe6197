//! What the front end must know of a built-in: its name, receiver and parameters. The functions live in `natives`.

use super::kind::Kinds;

/// Index into the table of built-ins of this process; never stored in a file (files hold names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NativeId(pub u16);

/// One parameter after the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name, for named arguments.
    pub name: &'static str,
    /// May it be left out?
    pub optional: bool,
    /// What may be given; [`Kinds::ANY`] where the function looks itself.
    pub kinds: Kinds,
}

/// The face of one built-in function or method.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name: `trim`, `print`, `Math.floor`.
    pub name: &'static str,
    /// Kinds that it is a method of; [`Kinds::NONE`] for a plain function.
    pub receiver: Kinds,
    /// Parameters after the receiver.
    pub params: &'static [Param],
    /// May further arguments follow?
    pub variadic: bool,
    /// May it be read without parentheses?
    pub property: bool,
    /// Another spelling of a documented one? It works, and is never suggested.
    pub alias: bool,
    /// What it yields, as far as the checker may rely on it.
    pub result: Kinds,
}

impl Signature {
    /// Is it a plain function, called by its name alone?
    pub const fn is_function(&self) -> bool {
        self.receiver.is_empty()
    }
}

/// The built-ins of the process: position is [`NativeId`].
#[derive(Clone, Copy, Debug)]
pub struct Builtins(pub &'static [Signature]);

impl Builtins {
    /// The plain function of that name.
    pub fn function(&self, name: &str) -> Option<(NativeId, &'static Signature)> {
        self.entries().find(|(_, signature)| signature.is_function() && signature.name == name)
    }

    /// Is there a method of that name on any kind?
    pub fn is_method(&self, name: &str) -> bool {
        self.entries().any(|(_, signature)| !signature.is_function() && signature.name == name)
    }

    /// All of them with their numbers.
    pub fn entries(&self) -> impl Iterator<Item = (NativeId, &'static Signature)> + use<> {
        (0..).map(NativeId).zip(self.0)
    }
}
