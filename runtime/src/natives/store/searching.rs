//! Is a pattern of a rule found in a value? Looked for in steps.

use crate::natives::text::matches::matches;
use crate::value::stop::{Bug, Outcome};
use crate::value::{Object, Value};
use crate::vm::{Context, Flow, Step, Stepped, truth};
use std::sync::Arc;

/// A search, if one is under way.
#[derive(Debug, Default)]
pub struct Searching(Option<Box<dyn Stepped>>);

impl Searching {
    /// Is the pattern found in a text? None while the search goes on.
    pub fn run(
        &mut self,
        context: &mut Context<'_>,
        value: Value,
        (source, flags): (&Arc<str>, &Arc<str>),
    ) -> Outcome<Option<bool>> {
        let step = match (&mut self.0, value) {
            (Some(search), _) => search.step(context, None)?,
            (None, Value::Text(_)) => {
                let pattern = context.program.rule_pattern(source, flags).ok_or(Bug::BadIndex)?;
                let regex = context.heap.new_object(Object::Regex(pattern))?;
                match matches(context, &[value, Value::Regex(regex)])? {
                    Flow::Value(found) => Step::Done(found),
                    Flow::Step(search) => {
                        self.0 = Some(search);
                        Step::Again
                    }
                    Flow::Effect(..) => return Err(Bug::BadFrame.into()),
                }
            }
            (None, _) => return Ok(Some(false)),
        };
        match step {
            Step::Done(found) => {
                if let Some(search) = self.0.take() {
                    context.heap.memory.release(search.held())?;
                }
                truth(context.heap, found).map(Some)
            }
            Step::Again => Ok(None),
            Step::Call { .. } | Step::Ask(_) => Err(Bug::BadFrame.into()),
        }
    }

    /// Reports the values that it holds.
    pub fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.0.iter().for_each(|search| search.trace(visit));
    }

    /// Bytes charged for it.
    pub fn held(&self) -> usize {
        self.0.as_ref().map_or(0, |search| search.held())
    }
}
