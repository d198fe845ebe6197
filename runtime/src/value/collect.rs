//! The collector: marks what the roots reach, without recursion, and sweeps the rest.
//!
//! What holds no other object is marked where it is met. Of the others the walk keeps a place for each that it is inside
//! of and not done with, so that a list of a million texts takes one place, and a chain none.

use super::Value;
use super::arena::{Arena, Handle};
use super::heap::Heap;
use super::list::List;
use super::map::Map;
use super::object::{Closure, ErrorName, Iterator, Object};
use super::stop::Bug;
use super::text::{Text, Texts};

/// Marks what it is shown, and all that can be reached from there.
#[derive(Debug)]
pub struct Marker<'h> {
    heap: &'h mut Heap,
    work: Vec<Place>,
    /// The first invariant that did not hold.
    bug: Option<Bug>,
}

/// An object that holds others, all marked.
#[derive(Clone, Copy, Debug)]
enum Holder {
    List(Handle<List>),
    Map(Handle<Map>),
    Closure(Handle<Closure>),
    Object(Handle<Object>),
}

/// Where the walk is in a holder: what comes before was marked.
#[derive(Clone, Copy, Debug)]
struct Place {
    holder: Holder,
    next: usize,
}

impl Marker<'_> {
    /// Reaches a value.
    pub fn visit(&mut self, value: Value) {
        if let Err(bug) = self.reach(value) {
            self.bug.get_or_insert(bug);
        }
    }

    /// Reaches each.
    pub fn visit_all(&mut self, values: &[Value]) {
        for &value in values {
            self.visit(value);
        }
    }

    fn reach(&mut self, value: Value) -> Result<(), Bug> {
        if let Some(holder) = mark(self.heap, value)? {
            self.work.push(Place { holder, next: 0 });
        }
        while let Some(mut place) = self.work.pop() {
            // Down into the first holder that was not met before; the place is kept only if something is left after it.
            while let Some(child) = child(self.heap, &mut place)? {
                if let Some(inner) = mark(self.heap, child)? {
                    if holds_more(self.heap, place)? {
                        self.work.push(place);
                    }
                    place = Place { holder: inner, next: 0 };
                }
            }
        }
        Ok(())
    }
}

/// Marks an object; gives it when it was not marked before and may hold others.
#[inline]
fn mark(heap: &mut Heap, value: Value) -> Result<Option<Holder>, Bug> {
    let mut value = value;
    // A captured variable holds one value: it takes no place.
    while let Value::Cell(cell) = value {
        let held = *heap.cells.get(cell)?;
        if !heap.cells.mark(cell) {
            return Ok(None);
        }
        value = held;
    }
    Ok(match value {
        Value::Text(text) => {
            mark_text(heap, text)?;
            None
        }
        Value::List(list) => fresh(&mut heap.lists, list)?.then_some(Holder::List(list)),
        Value::Map(map) => fresh(&mut heap.maps, map)?.then_some(Holder::Map(map)),
        Value::Closure(closure) => fresh(&mut heap.closures, closure)?.then_some(Holder::Closure(closure)),
        Value::Variant(object)
        | Value::Range(object)
        | Value::Error(object)
        | Value::Regex(object)
        | Value::Bytes(object)
        | Value::View(object)
        | Value::Iterator(object)
        | Value::Markup(object)
        | Value::Entity(object)
        | Value::Query(object)
        | Value::Response(object) => fresh(&mut heap.objects, object)?.then_some(Holder::Object(object)),
        Value::Cell(_)
        | Value::Unset
        | Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Number(_)
        | Value::Time(_)
        | Value::Duration(_)
        | Value::Function(_)
        | Value::Native(_)
        | Value::Method(_)
        | Value::Plain { .. }
        | Value::Constructor { .. }
        | Value::Reference { .. }
        | Value::Client => None,
    })
}

#[inline]
fn fresh<T>(arena: &mut Arena<T>, handle: Handle<T>) -> Result<bool, Bug> {
    arena.get(handle)?;
    Ok(arena.mark(handle))
}

#[inline]
fn mark_text(heap: &mut Heap, text: Handle<Text>) -> Result<(), Bug> {
    if Texts::constant_index(text).is_none() {
        fresh(&mut heap.texts.arena, text)?;
    }
    Ok(())
}

/// The next value that a holder holds.
#[inline]
fn child(heap: &Heap, place: &mut Place) -> Result<Option<Value>, Bug> {
    let at = place.next;
    place.next = at.saturating_add(1);
    Ok(match place.holder {
        Holder::List(list) => heap.lists.get(list)?.items.get(at).copied(),
        Holder::Map(map) => {
            // Keys and values take turns.
            let entry = heap.maps.get(map)?.entry_at(at >> 1);
            entry.map(|entry| if at & 1 == 0 { entry.key } else { entry.value })
        }
        Holder::Closure(closure) => heap.closures.get(closure)?.cells.get(at).map(|&cell| Value::Cell(cell)),
        Holder::Object(object) => child_of(heap.objects.get(object)?, at),
    })
}

fn holds_more(heap: &Heap, place: Place) -> Result<bool, Bug> {
    Ok(child(heap, &mut { place })?.is_some())
}

fn child_of(object: &Object, at: usize) -> Option<Value> {
    match object {
        Object::Range(_) | Object::Regex(_) | Object::Bytes(_) | Object::Markup(_) => None,
        Object::View(view) => (at == 0).then_some(Value::Text(view.text)),
        Object::Variant(variant) => variant.payload.get(at).copied(),
        Object::Entity(entity) => entity.fields.get(at).copied(),
        Object::Query(query) => query.held(at),
        Object::Response(response) => match at {
            0 => Some(Value::Map(response.headers)),
            1 => Some(response.body),
            2 => Some(response.error.map_or(Value::None, |(error, _)| Value::Error(error))),
            3 => Some(response.error.map_or(Value::None, |(_, body)| Value::Map(body))),
            _ => None,
        },
        Object::Error(error) => match at {
            0 => Some(Value::Text(error.message)),
            1 => Some(if let ErrorName::Own(name) = error.kind { Value::Text(name) } else { Value::None }),
            2 => Some(error.data.map_or(Value::None, Value::Map)),
            // The cause is last: causes are what makes errors a chain, and behind the last child a place is not kept.
            at => match at.checked_sub(3).and_then(|at| error.trace.get(at)) {
                Some(point) => Some(point.note.map_or(Value::None, Value::Text)),
                None => (at.saturating_sub(3) == error.trace.len()).then_some(error.cause),
            },
        },
        Object::Iterator(iterator) => match iterator {
            Iterator::Items { items, at: given } => items.get(given.saturating_add(at)).copied(),
            Iterator::Pairs { pairs, at: given } => {
                let &(key, value) = pairs.get(given.saturating_add(at >> 1))?;
                Some(if at & 1 == 0 { key } else { value })
            }
            Iterator::Chars { text, .. } => (at == 0).then_some(Value::Text(*text)),
            Iterator::Empty | Iterator::Ints { .. } => None,
        },
    }
}

impl Heap {
    /// Frees all that `roots` does not reach. `wanted` bytes will be asked for right after.
    pub fn collect(&mut self, wanted: usize, roots: impl FnOnce(&mut Marker<'_>)) -> Result<(), Bug> {
        let fetched: Vec<Value> = self.fetched.values().collect();
        let mut marker = Marker { heap: self, work: Vec::new(), bug: None };
        marker.visit_all(&fetched);
        roots(&mut marker);
        if let Some(bug) = marker.bug {
            return Err(bug);
        }
        self.sweep()?;
        self.memory.after_collection(wanted);
        Ok(())
    }

    fn sweep(&mut self) -> Result<(), Bug> {
        let freed = [
            self.texts.arena.sweep(|text| Text::payload(text.as_str().len())),
            self.lists.sweep(|list| List::payload(list.items.capacity())),
            self.maps.sweep(Map::payload),
            self.closures.sweep(|closure| size_of_val::<[Handle<Value>]>(&closure.cells)),
            self.cells.sweep(|_| 0),
            self.objects.sweep(Object::payload),
        ];
        self.memory.release(freed.into_iter().fold(0, usize::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Memory, Pool};
    use std::sync::Arc;

    fn heap() -> Heap {
        Heap::new(Arc::new([]), Memory::new(64 << 20, Pool::new(1 << 30)))
    }

    fn list(heap: &mut Heap, items: &[Value]) -> Value {
        heap.new_list(items.to_vec()).unwrap()
    }

    #[test]
    fn x_10_a_chain_a_million_levels_deep_takes_no_place_in_the_walk() {
        let mut heap = heap();
        heap.memory.lift_threshold();
        let mut chain = Value::None;
        for _ in 0..300_000 {
            chain = list(&mut heap, &[chain]);
        }
        heap.collect(0, |marker| {
            marker.visit(chain);
            assert!(marker.work.capacity() < 8);
        })
        .unwrap();
        assert_eq!(heap.lists.live(), 300_000);
        heap.collect(0, |_| ()).unwrap();
        assert_eq!(heap.lists.live(), 0);
    }

    #[test]
    fn cycles_are_freed_and_what_is_reached_stays() {
        let mut heap = heap();
        let text = heap.new_text("kept").unwrap();
        let inner = list(&mut heap, &[text]);
        let map = heap.new_map(0).unwrap();
        heap.set_key(map, Value::Int(1), inner).unwrap();
        let Value::List(handle) = inner else { panic!("no list") };
        heap.push(handle, Value::Map(map)).unwrap();
        let cell = heap.new_cell(Value::Map(map)).unwrap();
        heap.collect(0, |marker| marker.visit(cell)).unwrap();
        assert_eq!((heap.lists.live(), heap.maps.live(), heap.cells.live()), (1, 1, 1));
        let Value::Text(text) = text else { panic!("no text") };
        assert_eq!(heap.texts.str(text).unwrap(), "kept");
        heap.collect(0, |_| ()).unwrap();
        assert_eq!((heap.lists.live(), heap.maps.live(), heap.cells.live()), (0, 0, 0));
        assert!(matches!(heap.texts.str(text), Err(Bug::StaleHandle)));
    }

    #[test]
    fn a_handle_of_a_heap_that_was_emptied_names_nothing() {
        let mut heap = heap();
        let Value::Text(former) = heap.new_text("former").unwrap() else { panic!("no text") };
        let former_list = heap.new_list_with(1).unwrap();
        heap.empty();
        assert_eq!((heap.memory.used(), heap.memory.leased()), (0, 0));
        heap.memory.charge(heap.room_bytes()).unwrap();
        let Value::Text(later) = heap.new_text("later").unwrap() else { panic!("no text") };
        heap.new_list_with(1).unwrap();
        assert_eq!(heap.texts.str(later).unwrap(), "later");
        assert!(matches!(heap.texts.str(former), Err(Bug::StaleHandle)));
        assert!(matches!(heap.lists.get(former_list), Err(Bug::StaleHandle)));
    }

    #[test]
    fn t2_05_after_a_collection_only_what_lives_is_charged() {
        let mut heap = heap();
        heap.collect(0, |_| ()).unwrap();
        let empty = heap.memory.used();
        for _ in 0..3 {
            heap.memory.lift_threshold();
            for n in 0..20_000 {
                let text = heap.new_text("some text of a few bytes").unwrap();
                let pair = list(&mut heap, &[text, Value::Int(n)]);
                let map = heap.new_map(3).unwrap();
                heap.set_key(map, text, pair).unwrap();
                heap.new_cell(pair).unwrap();
            }
            heap.collect(0, |_| ()).unwrap();
            assert!(heap.memory.used() <= empty + (16 << 10), "{} left", heap.memory.used());
        }
    }
}
