//! Files below `files/`, which the driver reads and writes; where a path may lead is for it to check.
//!
//! A file is read only as far as the memory budget has room for it, garbage not counted. What the driver writes stays
//! charged until it has answered.

#[cfg(test)]
mod tests;

use super::arguments;
use super::define::{BOOL, LIST, NOTHING, TEXT, function, required};
use super::encoding::bytes_of;
use super::excerpt::excerpt;
use crate::base::builtin::Param;
use crate::base::guard::{Guard, off};
use crate::base::{Kind, Kinds};
use crate::value::map::Key;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::text::may_copy;
use crate::value::{Heap, Object, Text, Value};
use crate::vm::{Answer, Context, Effect, Flow, Native, Step, Stepped};

/// Bytes of a path: what the system takes.
const PATH_BYTES_MAX: usize = 4096;

const BYTES: Kinds = Kinds::of(&[Kind::Bytes]);
const PATH: Param = required("path", TEXT);
const CONTENT: Param = required("content", Kinds::of(&[Kind::Text, Kind::Bytes]));
const PART: Param = required("part", Kinds::of(&[Kind::Map]));

/// The family.
pub const NATIVES: &[Native] = &[
    function("read_file", &[PATH], TEXT, read_file),
    function("read_bytes", &[PATH], BYTES, read_bytes),
    function("write_file", &[PATH, CONTENT], NOTHING, write_file),
    function("append_file", &[PATH, CONTENT], NOTHING, append_file),
    function("delete_file", &[PATH], NOTHING, delete_file),
    function("list_files", &[PATH], LIST, list_files),
    function("file_exists", &[PATH], BOOL, file_exists),
    function("save_upload", &[PART, PATH], NOTHING, save_upload),
];

fn file_error(message: impl Into<String>) -> Stop {
    Stop::raise(ErrorKind::FileError, message.into())
}

fn path_of(heap: &Heap, args: &[Value]) -> Outcome<String> {
    path_at(heap, args, 0)
}

fn path_at(heap: &Heap, args: &[Value], at: usize) -> Outcome<String> {
    let path = heap.texts.str(arguments::text(args, at)?)?;
    // Copied, so checked before: nobody charges for it.
    if !may_copy(path, PATH_BYTES_MAX) {
        let excerpt = excerpt(path);
        return Err(file_error(format!("{excerpt}: a path has at most {PATH_BYTES_MAX} bytes")));
    }
    Ok(path.to_owned())
}

/// What an answer says that is no content.
fn refused(answer: &Answer) -> Stop {
    match answer {
        Answer::FileFailed(message) => file_error(message.as_str()),
        _ => Bug::BadAnswer.into(),
    }
}

fn done(_: &mut Context<'_>, answer: &Answer) -> Outcome<Value> {
    match answer {
        Answer::Nothing => Ok(Value::None),
        other => Err(refused(other)),
    }
}

fn read_file(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Step(Box::new(Reading { path, as_text: true, phase: Phase::Ask })))
}

fn read_bytes(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Step(Box::new(Reading { path, as_text: false, phase: Phase::Ask })))
}

/// Reads a file; when it is larger than what is free, once more after a collection.
#[derive(Debug)]
struct Reading {
    path: String,
    as_text: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Ask,
    /// Too large: collect first.
    Collect,
    /// Ask for the last time.
    AskAgain,
}

impl Stepped for Reading {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        if self.phase == Phase::Collect {
            self.phase = Phase::AskAgain;
            return Err(Stop::Collect { bytes: 0 });
        }
        let left = context.heap.memory.left();
        // A text takes its bytes and an eighth of them for its index; bytes are copied once into their shared form.
        let bytes_max = if self.as_text { left.saturating_sub(left >> 3) } else { left >> 1 };
        let bytes_max = if off(Guard::FileBudget) { usize::MAX } else { bytes_max };
        Ok(Step::Ask(Effect::ReadFile { path: self.path.clone(), bytes_max }))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        let heap = &mut *context.heap;
        let content = match answer {
            Answer::Bytes(content) => content,
            Answer::TooLarge if self.phase == Phase::Ask => {
                self.phase = Phase::Collect;
                return Ok(Step::Again);
            }
            Answer::TooLarge => return Err(heap.memory.exhausted()),
            other => return Err(refused(other)),
        };
        if !self.as_text {
            let object = heap.new_object(Object::Bytes(content.as_slice().into()))?;
            return Ok(Step::Done(Value::Bytes(object)));
        }
        heap.reserve_text(content.len())?;
        let length = content.len();
        #[cfg(feature = "knockout")]
        if off(Guard::Utf8File) {
            let text = String::from_utf8_lossy(content).into_owned();
            return Ok(Step::Done(heap.put_text(text)));
        }
        if let Ok(text) = String::from_utf8(std::mem::take(content)) {
            return Ok(Step::Done(heap.put_text(text)));
        }
        heap.memory.release(Text::payload(length))?;
        let name = excerpt(&self.path);
        Err(Stop::raise(ErrorKind::InvalidText, format!("the file {name} is not UTF-8")))
    }

    fn trace(&self, _: &mut dyn FnMut(Value)) {}
}

fn write_file(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    writing(context, args, |path, content| Effect::WriteFile { path, content })
}

fn append_file(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    writing(context, args, |path, content| Effect::AppendFile { path, content })
}

fn writing(
    context: &mut Context<'_>,
    args: &[Value],
    effect: fn(String, Vec<u8>) -> Effect,
) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Step(Box::new(Writing { path, content: arguments::value(args, 1)?, effect, charged: 0 })))
}

/// Writes the bytes of a form's file part; what has no such bytes is none.
fn save_upload(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (part, path) = (arguments::map(args, 0)?, path_at(context.heap, args, 1)?);
    let Value::Text(name) = context.heap.new_text("bytes")? else { return Err(Bug::WrongShape.into()) };
    let key = Key::text(&context.heap.texts, name)?;
    let content = context.heap.maps.get(part)?.get(&context.heap.texts, key);
    let Some(content @ Value::Bytes(_)) = content else {
        return Err(Stop::type_error("save_upload: `part` must be a file of a form, a map with `bytes`"));
    };
    let effect = |path, content| Effect::WriteFile { path, content };
    Ok(Flow::Step(Box::new(Writing { path, content, effect, charged: 0 })))
}

/// Hands a copy of the content to the driver and waits for its answer.
#[derive(Debug)]
struct Writing {
    path: String,
    content: Value,
    effect: fn(String, Vec<u8>) -> Effect,
    charged: usize,
}

impl Stepped for Writing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let length = bytes_of(context.heap, self.content)?.len();
        context.heap.memory.charge(length)?;
        self.charged = length;
        let content = bytes_of(context.heap, self.content)?.to_vec();
        Ok(Step::Ask((self.effect)(self.path.clone(), content)))
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        done(context, answer).map(Step::Done)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(self.content);
    }

    fn held(&self) -> usize {
        self.charged
    }
}

fn delete_file(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Effect(Effect::DeleteFile { path }, done))
}

fn file_exists(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Effect(Effect::FileExists { path }, |_, answer| match answer {
        Answer::Bool(exists) => Ok(Value::Bool(*exists)),
        other => Err(refused(other)),
    }))
}

fn list_files(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let path = path_of(context.heap, args)?;
    Ok(Flow::Effect(Effect::ListFiles { path }, |context, answer| {
        let Answer::Names(names) = answer else { return Err(refused(answer)) };
        let list = context.heap.new_list_with(names.len())?;
        for name in names {
            // No collection happens in between, so the list needs no root.
            let name = context.heap.new_text(name)?;
            context.heap.push(list, name)?;
        }
        Ok(Value::List(list))
    }))
}
