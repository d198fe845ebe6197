//! `save`, as a state machine: defaults, conversion, rules, then the store.
//!
//! What defaults and conversions give goes to a draft, a copy of the entity that checks see too. The entity itself takes
//! it over with the store's answer, which takes no memory and cannot fail.

use super::encode::{Encode, End};
use super::rules::{broken, is_kept, mismatch};
use super::searching::Searching;
use super::stored;
use crate::base::span::to_u32;
use crate::record::data::{Reader, Writer};
use crate::record::request::{Given, Which};
use crate::record::{EntityShape, FieldShape, Reply, Request, Rule, Token};
use crate::value::entity::{Entity, Stored};
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Object, Value};
use crate::vm::entity::load::Load;
use crate::vm::entity::{member, refused, shape};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Step, Stepped, truth};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Saves one entity.
#[derive(Debug)]
pub struct Saving {
    entity: Handle<Object>,
    draft: Handle<Object>,
    of: u32,
    /// As it was when the save began.
    stored: Option<Stored>,
    phase: Phase,
    /// The field at hand.
    at: usize,
    /// Its rule at hand.
    rule: usize,
    encode: Option<Encode>,
    load: Option<Load>,
    searching: Searching,
    /// Fields encoded so far.
    fields: BTreeMap<usize, Vec<u8>>,
    /// The fields of the version that the store has.
    current: Option<Arc<[u8]>>,
    failures: BTreeMap<usize, String>,
    /// A reference to nothing that was saved.
    dangling: Option<String>,
    held: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Absent fields get their defaults.
    Defaults,
    /// Every field is converted to its type.
    Convert,
    /// What is stored now is looked at, where a rule compares with it.
    Current,
    /// Every rule is looked at.
    Rules,
    /// The store is asked.
    Store,
}

impl Saving {
    /// Will save it.
    pub fn new(context: &mut Context<'_>, entity: Handle<Object>) -> Outcome<Self> {
        let found = context.heap.entity(entity)?;
        let bytes = size_of_val::<[Value]>(&found.fields);
        context.heap.reserve_object(size_of::<Entity>().saturating_add(bytes))?;
        let copy = context.heap.entity(entity)?.clone();
        let (of, stored) = (copy.of, copy.stored);
        let draft = context.heap.put_object(Object::Entity(Box::new(copy)));
        Ok(Self {
            entity,
            draft,
            of,
            stored,
            phase: Phase::Defaults,
            at: 0,
            rule: 0,
            encode: None,
            load: None,
            searching: Searching::default(),
            fields: BTreeMap::new(),
            current: None,
            failures: BTreeMap::new(),
            dangling: None,
            held: 0,
        })
    }

    fn value(&self, context: &Context<'_>) -> Outcome<Value> {
        Ok(member::field(context.heap.entity(self.draft)?, to_u32(self.at)))
    }

    fn put(&self, context: &mut Context<'_>, value: Value) -> Outcome<()> {
        if let Some(place) = context.heap.entity_mut(self.draft)?.fields.get_mut(self.at) {
            *place = value;
        }
        Ok(())
    }

    fn enter(&mut self, phase: Phase) -> Step {
        (self.phase, self.at, self.rule) = (phase, 0, 0);
        Step::Again
    }

    fn next_field(&mut self) -> Step {
        (self.at, self.rule) = (self.at.saturating_add(1), 0);
        Step::Again
    }

    fn defaults(
        &mut self,
        context: &mut Context<'_>,
        shape: &EntityShape,
        answer: Option<Value>,
    ) -> Outcome<Step> {
        if let Some(value) = answer {
            self.put(context, value)?;
            return Ok(self.next_field());
        }
        while let Some(field) = shape.fields.get(self.at) {
            let absent = matches!(
                context.heap.entity(self.draft)?.fields.get(self.at),
                Some(Value::Unset) if self.stored.is_none()
            );
            if let (true, Some(function)) = (absent, field.default) {
                let callee = Value::Function(function);
                return Ok(Step::Call { callee, args: [Value::None; 3], argc: 0 });
            }
            self.at = self.at.saturating_add(1);
        }
        Ok(self.enter(Phase::Convert))
    }

    fn convert(&mut self, context: &mut Context<'_>, shape: &EntityShape) -> Outcome<Step> {
        let Some(field) = shape.fields.get(self.at) else { return Ok(self.enter(Phase::Current)) };
        if let Some(load) = &mut self.load {
            let Some(value) = load.step(context.heap, context.program, SLICE)? else {
                return Ok(Step::Again);
            };
            self.load = None;
            self.put(context, value)?;
            return Ok(self.next_field());
        }
        let value = self.value(context)?;
        if value.is_none() {
            return self.absent(field);
        }
        let encode = self.encode.get_or_insert_with(|| Encode::new(value));
        let Some(end) = encode.step(context.heap, context.program, &field.ty, SLICE)? else {
            context.charge_fuel(SLICE);
            return Ok(Step::Again);
        };
        // The bytes stay charged until the save ends.
        self.held = self.held.saturating_add(encode.charged());
        self.encode = None;
        match end {
            End::Bytes(bytes, true) => {
                let data: Arc<[u8]> = bytes.as_slice().into();
                self.load = Some(Load::field(self.of, self.at, data));
                self.fields.insert(self.at, bytes);
                return Ok(Step::Again);
            }
            End::Bytes(bytes, false) => {
                self.fields.insert(self.at, bytes);
            }
            End::Mismatch => {
                self.failures.insert(self.at, mismatch(context.program, &field.ty));
            }
            End::Unsaved => {
                let text =
                    format!("`{}` of {} refers to an entity that is not saved", field.name, shape.name);
                self.dangling.get_or_insert(text);
            }
        }
        Ok(self.next_field())
    }

    fn absent(&mut self, field: &FieldShape) -> Outcome<Step> {
        if field.optional {
            let mut writer = Writer::new();
            let written = writer.token(Token::None).and_then(|()| writer.finish());
            self.fields.insert(self.at, written.map_err(|_| Bug::WrongShape)?);
        } else {
            self.failures.insert(self.at, broken(&Rule::Required));
        }
        Ok(self.next_field())
    }

    /// An `@immutable` field is compared with what the store has.
    fn look(&mut self, shape: &EntityShape) -> Step {
        let compares = |field: &FieldShape| field.rules.contains(&Rule::Immutable);
        match self.stored {
            Some(stored) if shape.fields.iter().any(compares) => {
                let given = Given { entity: self.of, id: stored.id };
                Step::Ask(Effect::Store(Request::Find { given, which: Which::All }))
            }
            _ => self.enter(Phase::Rules),
        }
    }

    fn rules(
        &mut self,
        context: &mut Context<'_>,
        shape: &EntityShape,
        answer: Option<Value>,
    ) -> Outcome<Step> {
        let Some(field) = shape.fields.get(self.at) else { return Ok(self.enter(Phase::Store)) };
        let (value, rule) = (self.value(context)?, field.rules.get(self.rule));
        let Some(rule) = rule.filter(|_| !self.failures.contains_key(&self.at)) else {
            return Ok(self.next_field());
        };
        if value.is_none() && *rule != Rule::Immutable {
            return Ok(self.settle(rule, true));
        }
        if let Some(answer) = answer {
            let kept = truth(context.heap, answer)?;
            return Ok(self.settle(rule, kept));
        }
        match rule {
            Rule::Check(function) => {
                let args = [Value::Entity(self.draft), Value::None, Value::None];
                Ok(Step::Call { callee: Value::Function(*function), args, argc: 1 })
            }
            Rule::Pattern(source, flags) => {
                let Some(found) = self.searching.run(context, value, (source, flags))? else {
                    return Ok(Step::Again);
                };
                Ok(self.settle(rule, found))
            }
            Rule::Immutable => {
                let kept = self.is_unchanged(shape)?;
                Ok(self.settle(rule, kept))
            }
            _ => {
                let kept = is_kept(context.heap, context.program, rule, value)?;
                Ok(self.settle(rule, kept.unwrap_or(true)))
            }
        }
    }

    /// Notes a broken rule; the first one of a field is what it is told.
    fn settle(&mut self, rule: &Rule, kept: bool) -> Step {
        if !kept {
            self.failures.insert(self.at, broken(rule));
        }
        self.rule = self.rule.saturating_add(1);
        Step::Again
    }

    /// Does the field say what the stored version says?
    fn is_unchanged(&self, shape: &EntityShape) -> Outcome<bool> {
        let Some(current) = &self.current else { return Ok(true) };
        let mut reader = Reader::new(current);
        let mut stored = None;
        for _ in shape.fields.iter().take(self.at.saturating_add(1)) {
            stored = reader.encoded().map_err(|_| Stop::Bug(Bug::BadAnswer))?;
        }
        // A reference to nothing that was saved has no bytes.
        Ok(stored == self.fields.get(&self.at).map(Vec::as_slice))
    }

    fn ask(&mut self, context: &mut Context<'_>, shape: &EntityShape) -> Outcome<Step> {
        if !self.failures.is_empty() {
            return Err(self.refusal(shape));
        }
        if let Some(text) = self.dangling.take() {
            return Err(Stop::raise(ErrorKind::ForeignKeyViolation, text));
        }
        context.saved.reserve(&mut context.heap.memory)?;
        let bytes = self.fields.values().map(Vec::len).fold(0, usize::saturating_add);
        let more = bytes.saturating_mul(2).saturating_add(context.saved.cost());
        context.heap.memory.charge(more)?;
        self.held = self.held.saturating_add(more);
        let data: Vec<u8> = std::mem::take(&mut self.fields).into_values().flatten().collect();
        Ok(Step::Ask(Effect::Store(Request::Save {
            entity: self.of,
            id: self.stored.map(|stored| stored.id),
            version: self.stored.map_or(0, |stored| stored.version),
            over: self.stored.is_some_and(|stored| stored.old),
            data: data.into(),
        })))
    }

    fn refusal(&self, shape: &EntityShape) -> Stop {
        let named = self.failures.iter().filter_map(|(&at, text)| {
            let field = shape.fields.get(at)?;
            Some((field.name.to_string(), text.clone()))
        });
        let data: Vec<(String, String)> = named.collect();
        let told: Vec<String> = data.iter().map(|(field, text)| format!("{field} {text}")).collect();
        let message = format!("Validation failed: {}", told.join("; "));
        Stop::with_data(ErrorKind::ValidationFailed, message, data)
    }

    /// The entity takes over what was saved.
    fn take_over(&mut self, context: &mut Context<'_>, now: Stored) -> Outcome<Step> {
        let fields = context.heap.entity(self.draft)?.fields.to_vec();
        let entity = context.heap.entity_mut(self.entity)?;
        let former = entity.stored.replace(now);
        for (place, value) in entity.fields.iter_mut().zip(fields) {
            *place = if let Value::Unset = value { Value::None } else { value };
        }
        context.saved.note(self.entity, former);
        Ok(Step::Done(Value::Entity(self.entity)))
    }
}

impl Stepped for Saving {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        let shape = shape(context.program, self.of)?;
        context.charge_fuel(8);
        match self.phase {
            Phase::Defaults => self.defaults(context, shape, answer),
            Phase::Convert => self.convert(context, shape),
            Phase::Current => Ok(self.look(shape)),
            Phase::Rules => self.rules(context, shape, answer),
            Phase::Store => self.ask(context, shape),
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        match (self.phase, answer) {
            (Phase::Current, Answer::Store(Ok(reply))) => {
                if let Reply::Row(row) = reply {
                    self.current = Some(Arc::clone(&row.data));
                }
                Ok(self.enter(Phase::Rules))
            }
            (Phase::Store, Answer::Store(Ok(Reply::Row(row)))) => {
                // What was saved counts against the budget until the execution ends.
                let cost = context.saved.cost();
                self.held = self.held.saturating_sub(row.data.len().saturating_add(cost));
                context.saved.stage(cost);
                self.take_over(context, stored(row))
            }
            (_, Answer::Store(Err(refusal))) => Err(refused(refusal)),
            _ => Err(Bug::BadAnswer.into()),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Entity(self.entity));
        visit(Value::Entity(self.draft));
        self.encode.iter().for_each(|encode| encode.trace(visit));
        self.load.iter().for_each(|load| load.trace(visit));
        self.searching.trace(visit);
    }

    fn held(&self) -> usize {
        let encoding = self.encode.as_ref().map_or(0, Encode::charged);
        self.held.saturating_add(encoding).saturating_add(self.searching.held())
    }

    fn calls_back(&self) -> bool {
        true
    }
}
