//! The types of a file's variables: declared ones, and those that all assignments agree on.

use super::super::ProjectFile;
use super::super::names::{FileNames, VarId, VariableKind};
use super::super::walk::{Visit, Write, walk_function};
use super::infer::Inference;
use super::{Known, Ty};
use crate::base::span::to_usize;
use crate::syntax::tree::*;

/// Assigned values may depend on variables; so often their types are carried on. Each round is linear, and what was not
/// found after the last stays unknown.
const ROUNDS: usize = 3;

/// What is known of one variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Was its type written?
    pub declared: bool,
    /// What it holds.
    pub ty: Ty,
}

/// The types of all variables of a file, by number.
pub fn types(known: &Known<'_, '_>, file: &ProjectFile<'_>, names: &FileNames) -> Vec<Variable> {
    let unknown = Variable { declared: false, ty: Ty::Any };
    let mut variables = vec![unknown; names.variables.len()];
    let mut declarations = Declarations { known, file, names, variables: &mut variables };
    declarations.body(&file.tree.body);
    for _ in 0..ROUNDS {
        let mut round = Round {
            inference: Inference { known, names, variables: &variables, file: file.id },
            agreed: vec![None; variables.len()],
        };
        round.body(&file.tree.body);
        let agreed = round.agreed;
        let mut changed = false;
        for ((variable, declared), found) in variables.iter_mut().zip(&names.variables).zip(agreed) {
            // Parameters and loop variables also hold what the caller or the loop gave.
            if !variable.declared && declared.kind == VariableKind::Assigned {
                let ty = found.unwrap_or(Ty::Any);
                changed |= variable.ty != ty;
                variable.ty = ty;
            }
        }
        if !changed {
            break;
        }
    }
    variables
}

struct Declarations<'a, 'k, 't> {
    known: &'a Known<'k, 't>,
    file: &'a ProjectFile<'t>,
    names: &'a FileNames,
    variables: &'a mut [Variable],
}

impl Declarations<'_, '_, '_> {
    fn declare(&mut self, variable: Option<VarId>, ty: &Type) {
        let ty = self.known.declared(ty, self.file.id);
        if let Some(variable) = variable.and_then(|id| self.variables.get_mut(to_usize(id.0))) {
            // Two declarations of one variable: either may hold.
            *variable = if variable.declared {
                Variable { declared: true, ty: std::mem::replace(&mut variable.ty, Ty::Any).agreed(&ty) }
            } else {
                Variable { declared: true, ty }
            };
        }
    }
}

impl<'t> Visit<'t> for Declarations<'_, '_, 't> {
    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        if let Write::Declare(ty, _) = write {
            self.declare(self.names.bindings.get(&name.id).copied(), ty);
        }
    }

    fn function(&mut self, function: &'t Function) {
        for param in function.params.iter().filter(|param| !param.rest) {
            if let (TargetKind::Name(name), Some(ty)) = (&param.target.kind, &param.ty) {
                self.declare(self.names.bindings.get(&name.id).copied(), ty);
            }
        }
        walk_function(self, function);
    }
}

struct Round<'a, 'k, 't> {
    inference: Inference<'a, 'k, 't>,
    agreed: Vec<Option<Ty>>,
}

impl<'t> Visit<'t> for Round<'_, '_, 't> {
    fn assign(&mut self, name: &'t Name, write: Write<'t>) {
        let Some(id) = self.inference.names.bindings.get(&name.id) else { return };
        let found = match write {
            Write::Set(Some(value)) => self.inference.of(value).later(),
            Write::Set(None) | Write::Update => Ty::Any,
            Write::Declare(..) | Write::Step => return,
        };
        if let Some(agreed) = self.agreed.get_mut(to_usize(id.0)) {
            *agreed = Some(match agreed.take() {
                Some(before) => before.agreed(&found),
                None => found,
            });
        }
    }
}
