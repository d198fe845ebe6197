//! What list methods work on: the elements of a list, or of a range, which are computed and never stored.

use crate::value::stop::Outcome;
use crate::value::{Bug, Handle, Heap, List, Object, Range, Value};

/// A list or a range.
#[derive(Clone, Copy, Debug)]
pub enum Elements {
    List(Handle<List>),
    Range(Range),
}

impl Elements {
    /// Those of a list or range.
    pub fn of(heap: &Heap, value: Value) -> Outcome<Self> {
        match value {
            Value::List(list) => Ok(Self::List(list)),
            Value::Range(object) => match heap.objects.get(object)? {
                Object::Range(range) => Ok(Self::Range(*range)),
                _ => Err(Bug::WrongShape.into()),
            },
            _ => Err(Bug::WrongShape.into()),
        }
    }

    /// The same elements whatever the program does meanwhile: a list is copied into one that only the caller knows.
    pub fn snapshot(heap: &mut Heap, value: Value) -> Outcome<Self> {
        let elements = Self::of(heap, value)?;
        let Self::List(list) = elements else { return Ok(elements) };
        let copy = heap.new_list_with(heap.lists.get(list)?.items.len())?;
        heap.extend_list(copy, list)?;
        Ok(Self::List(copy))
    }

    /// How many; more than the largest int raises `IntegerOverflow`.
    pub fn count(self, heap: &Heap) -> Outcome<usize> {
        match self {
            Self::List(list) => Ok(heap.lists.get(list)?.items.len()),
            Self::Range(range) => Ok(usize::try_from(range.count()?).unwrap_or(usize::MAX)),
        }
    }

    /// The element at a position; none past the end.
    pub fn get(self, heap: &Heap, position: usize) -> Outcome<Option<Value>> {
        match self {
            Self::List(list) => Ok(heap.lists.get(list)?.items.get(position).copied()),
            Self::Range(range) => {
                let Some((first, last)) = range.ends() else { return Ok(None) };
                let at = i64::try_from(position).ok().and_then(|offset| first.checked_add(offset));
                Ok(at.filter(|&at| at <= last).map(Value::Int))
            }
        }
    }

    /// The first element.
    pub fn first(self, heap: &Heap) -> Outcome<Option<Value>> {
        self.get(heap, 0)
    }

    /// The last element.
    pub fn last(self, heap: &Heap) -> Outcome<Option<Value>> {
        match self {
            Self::List(list) => Ok(heap.lists.get(list)?.items.last().copied()),
            Self::Range(range) => Ok(range.ends().map(|(_, last)| Value::Int(last))),
        }
    }

    /// Appends so many elements from a position on to a list that has the room.
    pub fn copy_to(self, heap: &mut Heap, list: Handle<List>, from: usize, count: usize) -> Outcome<()> {
        let mut items = std::mem::take(&mut heap.lists.get_mut(list)?.items);
        let room = items.capacity().saturating_sub(items.len());
        let count = count.min(room);
        match self {
            Self::List(source) => {
                let end = from.saturating_add(count);
                let source = &heap.lists.get(source)?.items;
                items.extend_from_slice(source.get(from..end.min(source.len())).unwrap_or_default());
            }
            Self::Range(range) => {
                let first = range.ends().map_or(0, |(first, _)| first);
                let offset = i64::try_from(from).unwrap_or(i64::MAX);
                items.extend((first.saturating_add(offset)..=i64::MAX).take(count).map(Value::Int));
            }
        }
        heap.lists.get_mut(list)?.items = items;
        Ok(())
    }

    /// Reports the list.
    pub fn trace(self, visit: &mut dyn FnMut(Value)) {
        if let Self::List(list) = self {
            visit(Value::List(list));
        }
    }
}
