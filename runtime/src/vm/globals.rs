//! Global variables: the top-level variables of files, initialised when one of a file's is first read.

use super::program::Program;
use super::raise::unbound;
use crate::base::span::to_usize;
use crate::value::Value;
use crate::value::stop::{Bug, Outcome};

/// One global variable.
#[derive(Clone, Copy, Debug)]
struct Global {
    value: Value,
    /// Did its file's initialiser start and not fail, or has it none?
    ready: bool,
}

/// The global variables of one VM.
#[derive(Debug)]
pub(super) struct Globals(Vec<Global>);

impl Globals {
    /// All of them unset.
    pub fn new(program: &Program) -> Self {
        let mut globals = Self(Vec::new());
        globals.unset(program);
        globals
    }

    /// All of them are unset again.
    pub fn unset(&mut self, program: &Program) {
        let ready = |file: u32| {
            let file = program.module.files.get(to_usize(file));
            file.is_none_or(|file| file.initialiser.is_none())
        };
        let globals = program.module.globals.iter();
        self.0.clear();
        self.0.extend(globals.map(|&(file, _)| Global { value: Value::Unset, ready: ready(file) }));
    }

    /// The value; none when its file's initialiser has to run before.
    #[inline]
    pub fn get(&self, program: &Program, global: u32) -> Outcome<Option<Value>> {
        match self.peek(global)? {
            Some(Value::Unset) => {
                let name = program.module.globals.get(to_usize(global)).ok_or(Bug::BadIndex)?.1;
                Err(unbound(program.text(name)))
            }
            found => Ok(found),
        }
    }

    /// The same, or the mark of an unset variable.
    #[inline]
    pub fn peek(&self, global: u32) -> Outcome<Option<Value>> {
        let global = self.0.get(to_usize(global)).ok_or(Bug::BadIndex)?;
        Ok(global.ready.then_some(global.value))
    }

    /// Sets a variable.
    #[inline]
    pub fn set(&mut self, global: u32, value: Value) -> Outcome<()> {
        self.0.get_mut(to_usize(global)).ok_or(Bug::BadIndex)?.value = value;
        Ok(())
    }

    /// The initialiser of a global's file.
    pub fn initialiser(&self, program: &Program, global: u32) -> Result<u32, Bug> {
        let module = &program.module;
        let file = module.globals.get(to_usize(global)).ok_or(Bug::BadIndex)?.0;
        let file = module.files.get(to_usize(file)).ok_or(Bug::BadIndex)?;
        file.initialiser.ok_or(Bug::BadIndex)
    }

    /// From now on a global's file counts as initialised: its initialiser began, and runs once.
    pub fn begin(&mut self, program: &Program, global: u32) -> Result<(), Bug> {
        self.set_ready(program, global, true)
    }

    /// An error ended the initialiser of a global's file: it runs again when one is next read, and says the same again.
    pub fn give_up(&mut self, program: &Program, global: u32) -> Result<(), Bug> {
        self.set_ready(program, global, false)
    }

    fn set_ready(&mut self, program: &Program, global: u32, ready: bool) -> Result<(), Bug> {
        let globals = &program.module.globals;
        let file = globals.get(to_usize(global)).ok_or(Bug::BadIndex)?.0;
        for (place, _) in self.0.iter_mut().zip(globals).filter(|(_, (of, _))| *of == file) {
            place.ready = ready;
        }
        Ok(())
    }

    /// The values, as roots.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.0.iter().map(|global| global.value)
    }
}
