//! Entries of what is written as an object without being a map: variants with payload, entities, errors.

use super::*;

impl Writer {
    pub(super) fn variant_entry(
        &mut self,
        heap: &mut Heap,
        program: &Program,
        object: Handle<Object>,
        at: usize,
    ) -> Outcome<()> {
        let then = Open::Variant { object, at: at.saturating_add(1) };
        match at {
            0 => {
                let found = heap.object(object, variant)?;
                let mut quoted = String::from('"');
                push_escaped(&mut quoted, program.variant(found.of, found.variant)?.1);
                quoted.push('"');
                self.named(heap, true, "variant", &quoted)?;
                self.advanced(then);
            }
            1 => {
                if !off(Guard::JsonOutDepth) && self.stack.len() >= DEPTH_MAX {
                    return self.open(heap, Open::Payload { object, at: 0 });
                }
                self.named(heap, false, "values", "[")?;
                self.advanced(then);
                self.stack.push(Open::Payload { object, at: 0 });
            }
            _ => self.close(heap, false)?,
        }
        Ok(())
    }

    pub(super) fn entity_entry(
        &mut self,
        heap: &mut Heap,
        program: &Program,
        object: Handle<Object>,
        at: usize,
    ) -> Outcome<()> {
        let shape = shape(program, heap.entity(object)?.of)?;
        let Some((at, name, value)) = entity::entry(heap, shape, object, at)? else {
            return self.close(heap, false);
        };
        let then = Open::Entity { object, at: at.saturating_add(1) };
        match value {
            Entry::Value(value) => {
                self.named(heap, at == 0, &name, "")?;
                self.advanced(then);
                self.todo = Todo::Value(value);
            }
            Entry::Ids(list) => {
                if !off(Guard::JsonOutDepth) && self.stack.len() >= DEPTH_MAX {
                    return self.open(heap, Open::Ids { list, at: 0 });
                }
                self.named(heap, false, &name, "[")?;
                self.advanced(then);
                self.stack.push(Open::Ids { list, at: 0 });
            }
        }
        Ok(())
    }

    pub(super) fn error_entry(&mut self, heap: &mut Heap, object: Handle<Object>, at: usize) -> Outcome<()> {
        let error = heap.object(object, |object| match object {
            Object::Error(error) => Some(error),
            _ => None,
        })?;
        let (kind, message) = (error.kind, error.message);
        match (at, kind) {
            (0, ErrorName::Known(kind)) => self.named(heap, true, "kind", &format!("\"{}\"", kind.name()))?,
            (0, ErrorName::Own(name)) => {
                self.named(heap, true, "kind", "\"")?;
                self.todo = Todo::Text { text: name, at: 0, value: None };
            }
            (1, _) => {
                self.named(heap, false, "message", "\"")?;
                self.todo = Todo::Text { text: message, at: 0, value: None };
            }
            _ => return self.close(heap, false),
        }
        self.advanced(Open::Error { object, at: at.saturating_add(1) });
        Ok(())
    }
}
