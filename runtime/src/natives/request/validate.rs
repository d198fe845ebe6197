//! `validate { … }`: what a request brought, converted to what was declared, or told field by field.
//!
//! Text of forms and queries becomes ints, numbers, truth values; JSON fits as it does when it is saved. What was not
//! declared is gone afterwards.

use super::exchange;
use crate::natives::convert::{read_int, read_number};
use crate::natives::store::encode::named;
use crate::natives::store::rules::{broken, is_kept, mismatch};
use crate::natives::store::searching::Searching;
use crate::natives::{arguments, time};
use crate::record::{Body, EntityShape, FieldShape, FieldType, Rule};
use crate::value::map::Key;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::text::blanks;
use crate::value::{Handle, Heap, List, Map, Value, number};
use crate::vm::exchange::Word;
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Program, Step, Stepped, truth};
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn validate(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    // The compiler numbers the forms; bytecode may ask for one that is not there.
    let form = usize::try_from(arguments::int(args, 0)?).unwrap_or(usize::MAX);
    if context.program.module.forms.get(form).is_none() {
        return Err(Stop::type_error("there is no such form"));
    }
    let exchange = exchange(context, "validate")?;
    let asks = matches!(exchange.inbound.method.as_str(), "GET" | "HEAD" | "DELETE");
    let word = if asks { Word::Query } else { Word::Body };
    let is_text = asks || matches!(exchange.inbound.body, Body::Form(_) | Body::Multipart(_));
    Ok(Flow::Step(Box::new(Validating {
        form,
        word,
        is_text,
        source: None,
        out: None,
        phase: Phase::Source,
        at: 0,
        rule: 0,
        list: None,
        failures: BTreeMap::new(),
        searching: Searching::default(),
    })))
}

/// `validate` at work.
#[derive(Debug)]
struct Validating {
    form: usize,
    word: Word,
    /// Is all of it text, to be converted?
    is_text: bool,
    source: Option<Handle<Map>>,
    out: Option<Handle<Map>>,
    phase: Phase,
    at: usize,
    rule: usize,
    /// A list whose elements are converted: from, to.
    list: Option<(Handle<List>, Handle<List>)>,
    failures: BTreeMap<usize, String>,
    searching: Searching,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// What is looked at is made a value.
    Source,
    /// Each field is taken, converted.
    Take,
    /// Every rule is looked at.
    Rules,
}

impl Validating {
    fn next_field(&mut self) -> Step {
        (self.at, self.rule, self.list) = (self.at.saturating_add(1), 0, None);
        Step::Again
    }

    fn fail(&mut self, message: String) -> Step {
        self.failures.insert(self.at, message);
        self.next_field()
    }

    /// The fields as they came.
    fn source(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        let Some(found) = answer else {
            let name = if self.word == Word::Query { "@query_fields" } else { "@body" };
            let callee = Value::Native(context.program.builtin(name).ok_or(Bug::BadIndex)?);
            return Ok(Step::Call { callee, args: [Value::None; 3], argc: 0 });
        };
        // What is no map has none of the fields.
        self.source = match found {
            Value::Map(map) => Some(map),
            _ => None,
        };
        self.out = Some(context.heap.new_map(0)?);
        self.phase = Phase::Take;
        Ok(Step::Again)
    }

    fn put(&mut self, context: &mut Context<'_>, field: &FieldShape, value: Value) -> Outcome<Step> {
        let out = self.out.ok_or(Bug::WrongShape)?;
        let key = context.heap.new_text(&field.name)?;
        context.heap.set_key(out, key, value)?;
        Ok(self.next_field())
    }

    fn take(
        &mut self,
        context: &mut Context<'_>,
        shape: &EntityShape,
        answer: Option<Value>,
    ) -> Outcome<Step> {
        let Some(field) = shape.fields.get(self.at) else {
            (self.phase, self.at) = (Phase::Rules, 0);
            return Ok(Step::Again);
        };
        if let Some(default) = answer {
            return self.put(context, field, default);
        }
        if let Some((from, to)) = self.list {
            return self.elements(context, field, (from, to));
        }
        let given = match self.source {
            Some(source) => entry(context.heap, source, &field.name)?,
            None => None,
        };
        let given = match given {
            Some(Value::Text(text)) if self.is_text && field.ty != FieldType::Text => {
                let blank = blanks::trim(context.heap.texts.str(text)?).is_empty();
                if blank { None } else { Some(Value::Text(text)) }
            }
            given => given,
        };
        match (given, field.default) {
            (None, Some(function)) => {
                let callee = Value::Function(function);
                Ok(Step::Call { callee, args: [Value::None; 3], argc: 0 })
            }
            (None, None) if field.rules.contains(&Rule::Required) => Ok(self.fail(broken(&Rule::Required))),
            (None, None) => Ok(self.next_field()),
            (Some(Value::None), _) if field.rules.contains(&Rule::Required) => {
                Ok(self.fail(broken(&Rule::Required)))
            }
            (Some(Value::None), _) if field.optional => self.put(context, field, Value::None),
            (Some(value), _) => self.convert(context, field, value),
        }
    }

    fn convert(&mut self, context: &mut Context<'_>, field: &FieldShape, value: Value) -> Outcome<Step> {
        if let FieldType::List(_) = field.ty {
            let from = match value {
                Value::List(list) => list,
                // A form with one such field.
                Value::Text(_) if self.is_text => match context.heap.new_list(vec![value])? {
                    Value::List(list) => list,
                    _ => return Err(Bug::WrongShape.into()),
                },
                _ => return Ok(self.fail(mismatch(context.program, &field.ty))),
            };
            let to = context.heap.new_list_with(0)?;
            self.list = Some((from, to));
            return Ok(Step::Again);
        }
        match fitted(context, &field.ty, value, self.is_text)? {
            Some(value) => self.put(context, field, value),
            None => Ok(self.fail(mismatch(context.program, &field.ty))),
        }
    }

    fn elements(
        &mut self,
        context: &mut Context<'_>,
        field: &FieldShape,
        (from, to): (Handle<List>, Handle<List>),
    ) -> Outcome<Step> {
        let FieldType::List(inner) = &field.ty else { return Err(Bug::WrongShape.into()) };
        context.charge_fuel(SLICE);
        for _ in 0..SLICE >> 4 {
            let done = context.heap.lists.get(to)?.items.len();
            let Some(&element) = context.heap.lists.get(from)?.items.get(done) else {
                return self.put(context, field, Value::List(to));
            };
            let Some(element) = fitted(context, inner, element, self.is_text)? else {
                return Ok(self.fail(mismatch(context.program, &field.ty)));
            };
            context.heap.push(to, element)?;
        }
        Ok(Step::Again)
    }

    fn rules(
        &mut self,
        context: &mut Context<'_>,
        shape: &EntityShape,
        answer: Option<Value>,
    ) -> Outcome<Step> {
        let out = self.out.ok_or(Bug::WrongShape)?;
        let Some(field) = shape.fields.get(self.at) else { return self.end(context, shape, out) };
        let value = entry(context.heap, out, &field.name)?.unwrap_or(Value::None);
        let rule = field.rules.get(self.rule).filter(|_| !self.failures.contains_key(&self.at));
        let Some(rule) = rule.filter(|_| !value.is_none()) else { return Ok(self.next_field()) };
        let kept = match (rule, answer) {
            (_, Some(answer)) => truth(context.heap, answer)?,
            (Rule::Check(function), None) => {
                let args = [Value::Map(out), Value::None, Value::None];
                return Ok(Step::Call { callee: Value::Function(*function), args, argc: 1 });
            }
            (Rule::Pattern(source, flags), None) => {
                match self.searching.run(context, value, (source, flags))? {
                    Some(found) => found,
                    None => return Ok(Step::Again),
                }
            }
            (rule, None) => is_kept(context.heap, context.program, rule, value)?.unwrap_or(true),
        };
        if !kept {
            self.failures.insert(self.at, broken(rule));
        }
        self.rule = self.rule.saturating_add(1);
        Ok(Step::Again)
    }

    fn end(&mut self, context: &mut Context<'_>, shape: &EntityShape, out: Handle<Map>) -> Outcome<Step> {
        if self.failures.is_empty() {
            exchange(context, "validate")?.set_word(self.word, Value::Map(out));
            return Ok(Step::Done(Value::None));
        }
        let told = self.failures.iter().filter_map(|(&at, text)| {
            let field = shape.fields.get(at)?;
            Some((field.name.to_string(), text.clone()))
        });
        Err(Stop::with_data(ErrorKind::ValidationFailed, "Validation failed".to_owned(), told.collect()))
    }
}

impl Stepped for Validating {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        let program: &Program = context.program;
        let shape = program.module.forms.get(self.form).ok_or(Bug::BadIndex)?;
        context.charge_fuel(8);
        match self.phase {
            Phase::Source => self.source(context, answer),
            Phase::Take => self.take(context, shape, answer),
            Phase::Rules => self.rules(context, shape, answer),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.source.into_iter().chain(self.out).for_each(|map| visit(Value::Map(map)));
        if let Some((from, to)) = self.list {
            visit(Value::List(from));
            visit(Value::List(to));
        }
        self.searching.trace(visit);
    }

    fn held(&self) -> usize {
        self.searching.held()
    }

    fn calls_back(&self) -> bool {
        true
    }
}

fn entry(heap: &mut Heap, map: Handle<Map>, name: &Arc<str>) -> Outcome<Option<Value>> {
    let Value::Text(name) = heap.new_text(name)? else { return Err(Bug::WrongShape.into()) };
    let key = Key::text(&heap.texts, name)?;
    Ok(heap.maps.get(map)?.get(&heap.texts, key))
}

/// A value as what the type holds; none when it is something else.
fn fitted(context: &mut Context<'_>, ty: &FieldType, value: Value, is_text: bool) -> Outcome<Option<Value>> {
    let text = match value {
        Value::Text(text) => {
            let content = context.heap.texts.str(text)?;
            // Longer than anything that is converted; what it costs is bounded by that.
            let short = content.get(..content.floor_char_boundary(400)).unwrap_or_default();
            Some(if short.len() == content.len() { content } else { "" })
        }
        _ => None,
    };
    let sent = text.filter(|_| is_text);
    Ok(match (ty, value) {
        (FieldType::Int, Value::Int(_))
        | (FieldType::Number, Value::Number(_))
        | (FieldType::Text, Value::Text(_))
        | (FieldType::Bool, Value::Bool(_))
        | (FieldType::Time, Value::Time(_))
        | (FieldType::AnyList | FieldType::List(_), Value::List(_))
        | (FieldType::AnyMap, Value::Map(_))
        | (FieldType::Any, _) => Some(value),
        (FieldType::Int, _) => sent.and_then(|text| read_int(text).ok()).map(Value::Int),
        (FieldType::Number, Value::Int(n)) => Some(Value::Number(number::to_number(n))),
        (FieldType::Number, _) => sent.and_then(read_number).map(Value::Number),
        (FieldType::Bool, _) => match sent {
            Some("true" | "on" | "1" | "yes") => Some(Value::Bool(true)),
            Some("false" | "off" | "0" | "no") => Some(Value::Bool(false)),
            _ => None,
        },
        (FieldType::Time, _) => text.and_then(|text| time::parse(text).ok()).map(Value::Time),
        (FieldType::Enum(of), Value::Plain { of: found, .. }) if *of == found => Some(value),
        (FieldType::Enum(of), _) => {
            let variant = text.and_then(|text| named(context.program, *of, text));
            variant.map(|variant| Value::Plain { of: *of, variant })
        }
        (FieldType::Reference(_), Value::Int(id)) if id > 0 => Some(value),
        (FieldType::Reference(of), Value::Entity(entity)) => {
            Some(value).filter(|_| context.heap.entity(entity).is_ok_and(|entity| entity.of == *of))
        }
        (FieldType::Reference(_), _) => {
            sent.and_then(|text| read_int(text).ok()).filter(|id| *id > 0).map(Value::Int)
        }
        (FieldType::Text | FieldType::AnyList | FieldType::List(_) | FieldType::AnyMap, _) => None,
    })
}
