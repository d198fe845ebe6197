//! The heap of one VM: an arena for each hot type, one for the rest, and the budget that all of them charge.
//!
//! Every `new_…` charges first and changes nothing when it cannot: see [`Stop::Collect`].

use super::Value;
use super::arena::{Arena, Handle};
use super::entity::{Condition, Entity, Query};
use super::fetched::Fetched;
use super::list::List;
use super::map::{Key, Map, bad_key};
use super::memory::Memory;
use super::object::{Closure, Object};
use super::pattern::Pattern;
use super::stop::{Bug, Need, Outcome, Stop};
use super::text::{Text, Texts};
use std::sync::Arc;

/// Everything that the values of one VM point into. Dropping it is flat.
#[derive(Debug)]
pub struct Heap {
    /// Texts of the heap and constants of the program.
    pub texts: Texts,
    /// Lists.
    pub lists: Arena<List>,
    /// Maps.
    pub maps: Arena<Map>,
    /// Functions with captured variables.
    pub closures: Arena<Closure>,
    /// Captured variables.
    pub cells: Arena<Value>,
    /// The rest.
    pub objects: Arena<Object>,
    /// What was fetched for the operation at hand.
    pub fetched: Fetched,
    /// The budget.
    pub memory: Memory,
}

impl Heap {
    /// An empty heap.
    pub fn new(constants: Arc<[Text]>, memory: Memory) -> Self {
        Self {
            texts: Texts::new(constants),
            lists: Arena::default(),
            maps: Arena::default(),
            closures: Arena::default(),
            cells: Arena::default(),
            objects: Arena::default(),
            fetched: Fetched::default(),
            memory,
        }
    }

    /// Drops all that it holds and gives its budget back; the room of its slots stays.
    pub fn empty(&mut self) {
        self.texts.arena.empty();
        self.lists.empty();
        self.maps.empty();
        self.closures.empty();
        self.cells.empty();
        self.objects.empty();
        self.fetched = Fetched::default();
        self.memory.rest();
    }

    /// Bytes that an empty heap has room for.
    pub fn room_bytes(&self) -> usize {
        let hot = [self.texts.arena.room_bytes(), self.lists.room_bytes(), self.maps.room_bytes()];
        let rest = [self.closures.room_bytes(), self.cells.room_bytes(), self.objects.room_bytes()];
        hot.into_iter().chain(rest).fold(0, usize::saturating_add)
    }

    /// Charges a text of so many bytes before it is built: call this, build, then [`Self::put_text`].
    #[inline]
    pub fn reserve_text(&mut self, bytes: usize) -> Outcome<()> {
        self.texts.arena.reserve(&mut self.memory)?;
        self.memory.charge(Text::payload(bytes))
    }

    /// Puts a text of exactly the bytes that were reserved.
    #[inline]
    pub fn put_text(&mut self, content: impl Into<Box<str>>) -> Value {
        Value::Text(self.texts.arena.insert(Text::new(content)))
    }

    /// A new text with this content.
    #[inline]
    pub fn new_text(&mut self, content: &str) -> Outcome<Value> {
        self.reserve_text(content.len())?;
        Ok(self.put_text(content))
    }

    /// A new list of these elements; the vector's capacity is charged.
    pub fn new_list(&mut self, items: Vec<Value>) -> Outcome<Value> {
        self.lists.reserve(&mut self.memory)?;
        self.memory.charge(List::payload(items.capacity()))?;
        Ok(Value::List(self.lists.insert(List { items })))
    }

    /// A new list with room for `capacity` elements, charged before the room is made.
    pub fn new_list_with(&mut self, capacity: usize) -> Outcome<Handle<List>> {
        self.lists.reserve(&mut self.memory)?;
        self.memory.charge(List::payload(capacity))?;
        Ok(self.lists.insert(List { items: Vec::with_capacity(capacity) }))
    }

    /// Charges and makes room for `more` elements, so that so many pushes cannot fail.
    #[inline]
    pub fn reserve_list(&mut self, list: Handle<List>, more: usize) -> Outcome<()> {
        let items = &mut self.lists.get_mut(list)?.items;
        let wanted = items.len().saturating_add(more);
        if wanted <= items.capacity() {
            return Ok(());
        }
        let held = items.capacity();
        let capacity = self.memory.grow(held, wanted.max(4), List::payload)?;
        items.reserve_exact(capacity.saturating_sub(items.len()));
        Ok(())
    }

    /// Appends an element.
    #[inline]
    pub fn push(&mut self, list: Handle<List>, value: Value) -> Outcome<()> {
        let items = &mut self.lists.get_mut(list)?.items;
        if items.len() < items.capacity() {
            items.push(value);
            return Ok(());
        }
        self.reserve_list(list, 1)?;
        self.lists.get_mut(list)?.items.push(value);
        Ok(())
    }

    /// A new map with room for `capacity` entries.
    pub fn new_map(&mut self, capacity: usize) -> Outcome<Handle<Map>> {
        self.maps.reserve(&mut self.memory)?;
        let mut map = Map::default();
        if capacity > 0 {
            self.memory.charge(Map::payload_of(capacity.max(4)))?;
            map.set_capacity(capacity.max(4));
        }
        Ok(self.maps.insert(map))
    }

    /// A new map for headers.
    pub fn new_headers(&mut self) -> Outcome<Handle<Map>> {
        self.maps.reserve(&mut self.memory)?;
        Ok(self.maps.insert(Map::of_headers()))
    }

    /// Sets a key of a map; a value that cannot be a key raises `TypeError`.
    pub fn set_key(&mut self, map: Handle<Map>, key: Value, value: Value) -> Outcome<()> {
        let found = Key::new(&self.texts, key)?;
        let key = found.ok_or_else(|| bad_key(key.kind()))?;
        let map = self.maps.get_mut(map)?;
        if map.replace(&self.texts, key, value) {
            return Ok(());
        }
        if map.is_full() {
            let held = map.capacity();
            let wanted = held.saturating_add(1).max(4);
            map.set_capacity(self.memory.grow(held, wanted, Map::payload_of)?);
        }
        map.insert(&self.texts, key, value);
        Ok(())
    }

    /// Removes a key of a map and gives its value.
    pub fn remove_key(&mut self, map: Handle<Map>, key: Key) -> Outcome<Option<Value>> {
        Ok(self.maps.get_mut(map)?.remove(&self.texts, key))
    }

    /// A new captured variable.
    pub fn new_cell(&mut self, value: Value) -> Outcome<Value> {
        self.cells.reserve(&mut self.memory)?;
        Ok(Value::Cell(self.cells.insert(value)))
    }

    /// Charges a function value over so many captured variables: call this, then [`Self::put_closure`].
    #[inline]
    pub fn reserve_closure(&mut self, cells: usize) -> Outcome<()> {
        self.closures.reserve(&mut self.memory)?;
        self.memory.charge(cells.saturating_mul(size_of::<Handle<Value>>()))
    }

    /// Puts a function value that was reserved.
    #[inline]
    pub fn put_closure(&mut self, function: u32, cells: Box<[Handle<Value>]>) -> Value {
        Value::Closure(self.closures.insert(Closure { function, cells }))
    }

    /// Charges an object whose payload takes so many bytes before it is built: call this, build, then
    /// [`Self::put_object`].
    pub fn reserve_object(&mut self, payload: usize) -> Outcome<()> {
        self.objects.reserve(&mut self.memory)?;
        self.memory.charge(payload)
    }

    /// Puts an object of exactly the payload that was reserved.
    pub fn put_object(&mut self, object: Object) -> Handle<Object> {
        self.objects.insert(object)
    }

    /// A new object; its payload is charged here.
    pub fn new_object(&mut self, object: Object) -> Outcome<Handle<Object>> {
        self.objects.reserve(&mut self.memory)?;
        self.memory.charge(object.payload())?;
        Ok(self.objects.insert(object))
    }

    /// The object of a value that must have the shape that `of` takes out of it.
    pub fn object<T>(&self, handle: Handle<Object>, of: impl FnOnce(&Object) -> Option<&T>) -> Outcome<&T> {
        of(self.objects.get(handle)?).ok_or(Stop::Bug(Bug::WrongShape))
    }

    /// An entity's data.
    pub fn entity(&self, handle: Handle<Object>) -> Result<&Entity, Bug> {
        match self.objects.get(handle)? {
            Object::Entity(entity) => Ok(entity),
            _ => Err(Bug::WrongShape),
        }
    }

    /// The same, to change it.
    pub fn entity_mut(&mut self, handle: Handle<Object>) -> Result<&mut Entity, Bug> {
        match self.objects.get_mut(handle)? {
            Object::Entity(entity) => Ok(entity),
            _ => Err(Bug::WrongShape),
        }
    }

    /// A query.
    pub fn query(&self, handle: Handle<Object>) -> Result<&Query, Bug> {
        match self.objects.get(handle)? {
            Object::Query(query) => Ok(query),
            _ => Err(Bug::WrongShape),
        }
    }

    /// What the operation at hand needs of the store; the first time it stops for it.
    pub fn needed(&self, need: Need) -> Outcome<Value> {
        self.fetched.find(need).ok_or_else(|| Stop::Need(Box::new(need)))
    }

    /// The rows of a query.
    pub fn rows(&self, query: Handle<Object>) -> Outcome<Handle<List>> {
        match self.needed(Need::Rows(query))? {
            Value::List(rows) => Ok(rows),
            _ => Err(Bug::WrongShape.into()),
        }
    }
}

impl Object {
    /// Bytes charged besides the slot.
    pub fn payload(&self) -> usize {
        match self {
            Self::Range(_) => 0,
            Self::View(view) => size_of_val::<[super::markup::Style]>(&view.styles),
            Self::Markup(markup) => markup.payload(),
            Self::Error(error) => size_of_val::<super::ErrorValue>(error).saturating_add(
                error.trace.capacity().saturating_mul(size_of::<super::object::TracePoint>()),
            ),
            Self::Variant(variant) => size_of_val::<[Value]>(&variant.payload),
            Self::Regex(pattern) => size_of::<Pattern>().saturating_add(pattern.bytes),
            Self::Bytes(bytes) => bytes.len(),
            Self::Iterator(iterator) => match iterator {
                super::object::Iterator::Items { items, .. } => size_of_val::<[Value]>(items),
                super::object::Iterator::Pairs { pairs, .. } => size_of_val::<[(Value, Value)]>(pairs),
                _ => 0,
            },
            Self::Entity(entity) => {
                size_of::<Entity>().saturating_add(size_of_val::<[Value]>(&entity.fields))
            }
            Self::Response(_) => size_of::<super::Response>(),
            Self::Query(query) => {
                size_of::<Query>().saturating_add(size_of_val::<[Condition]>(&query.conditions))
            }
        }
    }
}
