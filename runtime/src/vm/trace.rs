//! Where errors come from: positions are looked up when somebody asks, not when an error is raised.

use super::errors;
use super::native::Context;
use super::outcome::{Cause, Place, Uncaught};
use super::program::Program;
use crate::base::Kind;
use crate::base::span::to_usize;
use crate::value::object::{ErrorName, ErrorValue, Object, TracePoint};
use crate::value::show::Names;
use crate::value::stop::{Bug, Outcome};
use crate::value::text::shortened;
use crate::value::{Handle, Heap, Value};

/// The place of one point of a trace.
pub(super) fn place(program: &Program, point: &TracePoint) -> Place {
    let top_level = point.function == program.module.entry
        || program.module.files.iter().any(|file| file.initialiser == Some(point.function));
    let unnamed = if top_level { "<main>" } else { "<fn>" };
    let name = program.function_name(point.function).unwrap_or(unnamed);
    let (file, line, column) = position(program, point).unwrap_or(("", 0, 0));
    Place { function: name.to_owned(), file: file.to_owned(), line, column, note: None }
}

/// File, line and column of an instruction.
fn position<'p>(program: &'p Program, point: &TracePoint) -> Option<(&'p str, u32, u32)> {
    let function = program.module.functions.get(to_usize(point.function))?;
    let after = function.spans.partition_point(|&(first, _)| first <= point.pc);
    let (_, span) = function.spans.get(after.checked_sub(1)?)?;
    let source = program.module.sources.get(to_usize(span.file.0))?;
    let after = source.positions.partition_point(|&(offset, ..)| offset <= span.start);
    let &(_, line, column) = source.positions.get(after.checked_sub(1)?)?;
    Some((&source.name, line, column))
}

fn error_of(heap: &Heap, handle: Handle<Object>) -> Result<&ErrorValue, Bug> {
    match heap.objects.get(handle)? {
        Object::Error(error) => Ok(error),
        _ => Err(Bug::WrongShape),
    }
}

/// A place with its note, which may be cut.
fn noted(heap: &Heap, program: &Program, point: &TracePoint, bytes_max: usize) -> Result<Place, Bug> {
    let note = point.note.map(|note| heap.texts.str(note)).transpose()?;
    Ok(Place { note: note.map(|note| shortened(note, bytes_max)), ..place(program, point) })
}

/// Bytes that plain data repeats of a text of the program: nobody charges for the copies.
pub(super) const TOLD_BYTES_MAX: usize = 64 << 10;

/// An error as plain data; long texts are cut.
pub fn uncaught(heap: &Heap, program: &Program, handle: Handle<Object>) -> Result<Uncaught, Bug> {
    let error = error_of(heap, handle)?;
    let chain = error.trace.iter().map(|point| noted(heap, program, point, TOLD_BYTES_MAX));
    Ok(Uncaught {
        kind: shortened(kind_of(heap, error)?, TOLD_BYTES_MAX),
        message: shortened(heap.texts.str(error.message)?, TOLD_BYTES_MAX),
        status: error.status,
        left_out: error.left_out,
        chain: chain.collect::<Result<_, _>>()?,
        causes: causes(heap, program, error)?,
    })
}

/// Causes of an error that are told, places of each, and bytes of its kind, its message and each of its notes.
const CAUSES_MAX: usize = 8;
const CAUSE_PLACES_MAX: usize = 4;
const CAUSE_BYTES_MAX: usize = 1 << 10;

fn causes(heap: &Heap, program: &Program, error: &ErrorValue) -> Result<Vec<Cause>, Bug> {
    let mut causes = Vec::new();
    let mut next = error.cause;
    while let Value::Error(handle) = next
        && causes.len() < CAUSES_MAX
    {
        let error = error_of(heap, handle)?;
        let told = error.trace.iter().enumerate().filter(|(at, point)| *at == 0 || point.note.is_some());
        let places =
            told.take(CAUSE_PLACES_MAX).map(|(_, point)| noted(heap, program, point, CAUSE_BYTES_MAX));
        causes.push(Cause {
            kind: shortened(kind_of(heap, error)?, CAUSE_BYTES_MAX),
            message: shortened(heap.texts.str(error.message)?, CAUSE_BYTES_MAX),
            places: places.collect::<Result<_, _>>()?,
        });
        next = error.cause;
    }
    Ok(causes)
}

fn kind_of<'h>(heap: &'h Heap, error: &ErrorValue) -> Result<&'h str, Bug> {
    match error.kind {
        ErrorName::Known(kind) => Ok(kind.name()),
        ErrorName::Own(name) => heap.texts.str(name),
    }
}

/// What a place of a chain costs: a map and its texts.
const PLACE_FUEL: usize = 64;

/// `error.name`
pub(super) fn member(context: &mut Context<'_>, handle: Handle<Object>, name: u32) -> Outcome<Value> {
    let program = context.program;
    let heap = &mut *context.heap;
    let error = error_of(heap, handle)?;
    let first = || error.trace.first().map(|point| place(program, point)).unwrap_or_default();
    Ok(match program.text(name) {
        "kind" => match error.kind {
            ErrorName::Known(kind) => heap.new_text(kind.name())?,
            ErrorName::Own(name) => Value::Text(name),
        },
        "message" => Value::Text(error.message),
        "status" => Value::Int(i64::from(error.status)),
        "cause" => error.cause,
        "data" => match error.data {
            Some(data) => Value::Map(data),
            None => Value::Map(heap.new_map(0)?),
        },
        "file" => {
            let file = first().file;
            heap.new_text(&file)?
        }
        "line" => Value::Int(i64::from(first().line)),
        "column" => Value::Int(i64::from(first().column)),
        "chain" => {
            let places = error.trace.len();
            context.charge_fuel(places.saturating_mul(PLACE_FUEL));
            chain(context.heap, program, handle)?
        }
        other => return Err(errors::no_property(Kind::Error, other)),
    })
}

/// The chain as a list of maps, innermost first.
fn chain(heap: &mut Heap, program: &Program, handle: Handle<Object>) -> Outcome<Value> {
    let points = error_of(heap, handle)?.trace.clone();
    let list = heap.new_list_with(points.len())?;
    for point in &points {
        let place = place(program, point);
        let map = heap.new_map(5)?;
        let values = [
            ("function", heap.new_text(&place.function)?),
            ("file", heap.new_text(&place.file)?),
            ("line", Value::Int(i64::from(place.line))),
            ("column", Value::Int(i64::from(place.column))),
            ("note", point.note.map_or(Value::None, Value::Text)),
        ];
        for (key, value) in values {
            let key = heap.new_text(key)?;
            heap.set_key(map, key, value)?;
        }
        heap.push(list, Value::Map(map))?;
    }
    Ok(Value::List(list))
}

impl Program {
    /// The name of a function; none for a lambda or a file's top level.
    pub fn function_name(&self, index: u32) -> Option<&str> {
        Names::function(self, index)
    }
}
