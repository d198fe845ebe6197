//! What a condition's hint says, as the values that an index is asked with.

use crate::base::span::to_usize;
use crate::record::{EntityShape, FieldType, Key};
use crate::value::stop::Outcome;
use crate::value::{Heap, Value, number};
use crate::vm::Program;
use crate::vm::entity::member::Member;

/// Bytes of a text that an index is asked with.
const KEY_BYTES_MAX: usize = 64 << 10;

/// Reads a hint: whether it is the whole condition, then field name and value in turn; none when computing it raised.
/// Gives what an index can use, and whether it says all.
pub fn read(
    heap: &Heap,
    program: &Program,
    shape: &EntityShape,
    hint: Value,
) -> Outcome<(Vec<(u32, Key)>, bool)> {
    let Value::List(list) = hint else { return Ok((Vec::new(), false)) };
    let items = &heap.lists.get(list)?.items;
    let Some((&Value::Bool(is_whole), pairs)) = items.split_first() else { return Ok((Vec::new(), false)) };
    let mut found = Vec::new();
    for pair in pairs.chunks_exact(2) {
        let &[Value::Text(name), value] = pair else { continue };
        let at = match Member::by_name(shape, heap.texts.str(name)?) {
            Some(Member::Field(at) | Member::IdOf(at)) => at,
            Some(Member::Automatic(_)) | None => continue,
        };
        let ty = shape.fields.get(to_usize(at)).map(|field| &field.ty);
        if let Some(key) = key(heap, program, ty, value)? {
            found.push((at, key));
        }
    }
    Ok((found, is_whole))
}

/// The key of a value that a field must equal; none where no index has it (none, NaN, lists, maps).
fn key(heap: &Heap, program: &Program, ty: Option<&FieldType>, value: Value) -> Outcome<Option<Key>> {
    let refers = matches!(ty, Some(FieldType::Reference(_)));
    let int = |n: i64| if refers { u64::try_from(n).ok().map(Key::Reference) } else { Some(Key::Int(n)) };
    Ok(match value {
        Value::Int(n) => int(n),
        Value::Number(n) if refers => number::exact_int(n).and_then(int),
        Value::Number(n) => Key::of(&crate::record::Datum::Number(n)),
        Value::Bool(b) => Some(Key::Bool(b)),
        Value::Time(ms) => Some(Key::Time(ms)),
        // One that is long is looked for row by row: nobody charges for the copy.
        Value::Text(text) => {
            let text = heap.texts.str(text)?;
            (text.len() <= KEY_BYTES_MAX).then(|| Key::Text(text.into()))
        }
        Value::Plain { of, variant } => Some(Key::Variant(program.variant(of, variant)?.1.into())),
        Value::Entity(entity) => heap.entity(entity)?.stored.map(|stored| Key::Reference(stored.id)),
        Value::Reference { id, .. } => Some(Key::Reference(id)),
        _ => None,
    })
}
