//! Literals: constants, lists and maps of any length.

use super::frame::Reg;
use super::place::Unset;
use super::program::Compiler;
use crate::base::Span;
use crate::base::span::to_u32;
use crate::code::op::Op;
use crate::syntax::tree::{Expr, ExprKind, ListItem, MapEntry, MapKey};

/// Elements that wait in registers before they go into their list.
const PORTION: usize = 50;

/// Where a map is while its entries are computed.
#[derive(Clone, Copy)]
enum Growing {
    Register(Reg),
    /// In a slot; the register computes values.
    Slot(u32, Reg),
}

impl<'a> Compiler<'a> {
    /// `dst` = a literal without parts.
    pub fn constant(&mut self, value: &'a Expr, dst: Reg) {
        let constant = match &value.kind {
            ExprKind::Bool(value) => return self.frame.emit(Op::LoadBool { dst, value: *value }),
            ExprKind::Int(n) => return self.int(*n, dst),
            ExprKind::Number(n) => return self.number(*n, dst),
            ExprKind::Duration(ms) => self.tables.duration(*ms),
            ExprKind::Regex(regex) => self.tables.regex(&regex.pattern, &regex.flags),
            _ => return self.frame.emit(Op::LoadNone { dst }),
        };
        self.frame.emit(Op::LoadConst { dst, constant });
    }

    /// `dst` = an int.
    pub fn int(&mut self, n: i64, dst: Reg) {
        let op = match i32::try_from(n) {
            Ok(value) => Op::LoadInt { dst, value },
            Err(_) => Op::LoadConst { dst, constant: self.tables.int(n) },
        };
        self.frame.emit(op);
    }

    /// `dst` = a number.
    pub fn number(&mut self, n: f64, dst: Reg) {
        let constant = self.tables.number(n);
        self.frame.emit(Op::LoadConst { dst, constant });
    }

    /// `dst` = a list literal.
    #[inline(never)]
    pub fn list(&mut self, items: &'a [ListItem], dst: Reg) {
        self.list_of(items.iter().map(|item| (item.spread, &item.value)), dst);
    }

    /// `dst` = a list of values and spread lists.
    pub fn list_of(&mut self, items: impl Iterator<Item = (bool, &'a Expr)>, dst: Reg) {
        self.list_from(None, items, dst);
    }

    /// `dst` = a list of values and spread lists behind one that is there already.
    pub fn list_from(&mut self, lead: Option<Reg>, items: impl Iterator<Item = (bool, &'a Expr)>, dst: Reg) {
        if self.frame.is_crowded() {
            return self.sheltered_list(lead, items, dst);
        }
        let mark = self.frame.mark();
        let span = self.frame.span;
        let mut items = items.peekable();
        let mut list = None;
        let mut waiting: Vec<Reg> = Vec::new();
        if let Some(lead) = lead {
            let register = self.frame.temp();
            self.move_to(register, lead);
            waiting.push(register);
        }
        // A list that is complete at its first instruction goes to `dst` at once; else it grows in a temporary below.
        let portion = self.frame.room().saturating_sub(1).clamp(1, PORTION);
        while let Some((spread, value)) = items.next() {
            if spread {
                let to = self.flush(&mut list, &mut waiting, dst, false);
                let src = self.operand(value);
                self.frame.span = value.span;
                self.frame.emit(Op::AppendAll { list: to, src });
                self.release_to(list, mark);
                continue;
            }
            let register = self.frame.temp();
            self.expr_to(value, register);
            waiting.push(register);
            if waiting.len() >= portion && items.peek().is_some() {
                self.flush(&mut list, &mut waiting, dst, false);
                self.release_to(list, mark);
            }
        }
        self.frame.span = span;
        let done = self.flush(&mut list, &mut waiting, dst, true);
        self.move_to(dst, done);
        self.frame.release(mark);
    }

    /// The same where registers are scarce: the list waits in a slot while an element is computed.
    fn sheltered_list(&mut self, lead: Option<Reg>, items: impl Iterator<Item = (bool, &'a Expr)>, dst: Reg) {
        let work = self.scratch(dst);
        let slot = self.frame.slot();
        let (base, argc) = (lead.unwrap_or(work), u8::from(lead.is_some()));
        self.frame.emit(Op::NewList { dst: work, base, argc });
        self.frame.emit(Op::StoreSlot { src: work, slot });
        for (spread, value) in items {
            let mark = self.frame.mark();
            let src = self.operand_in(value, work);
            let list = self.frame.temp();
            self.frame.span = value.span;
            self.frame.emit(Op::LoadSlot { dst: list, slot });
            self.frame.emit(if spread {
                Op::AppendAll { list, src }
            } else {
                Op::Append { list, base: src, argc: 1 }
            });
            self.frame.release(mark);
        }
        self.frame.emit(Op::LoadSlot { dst, slot });
    }

    /// Moves what waits into the list, and makes the list where there is none yet.
    fn flush(&mut self, list: &mut Option<Reg>, waiting: &mut Vec<Reg>, dst: Reg, ends: bool) -> Reg {
        let base = waiting.first().copied();
        let argc = u8::try_from(waiting.len()).unwrap_or(u8::MAX);
        waiting.clear();
        match (*list, base) {
            (Some(list), None) => list,
            (Some(list), Some(base)) => {
                self.frame.emit(Op::Append { list, base, argc });
                list
            }
            (None, base) => {
                // The first waiting register becomes the list's own while the list grows.
                let own = if ends { dst } else { base.unwrap_or_else(|| self.frame.temp()) };
                self.frame.emit(Op::NewList { dst: own, base: base.unwrap_or(own), argc });
                *list = Some(own);
                own
            }
        }
    }

    /// Frees all registers since the mark but the list's own.
    fn release_to(&mut self, list: Option<Reg>, mark: u16) {
        let kept = list.map_or(mark, |own| u16::from(own).saturating_add(1));
        self.frame.release(kept.max(mark));
    }

    /// `dst` = `response { … }`.
    #[inline(never)]
    pub fn response(&mut self, entries: &'a [MapEntry], span: Span, dst: Reg) {
        let parts = self.frame.temp();
        self.map(entries, parts);
        self.frame.span = span;
        self.call_native("@respond", &[parts], dst);
    }

    /// `dst` = a map literal.
    #[inline(never)]
    pub fn map(&mut self, entries: &'a [MapEntry], dst: Reg) {
        let work = self.scratch(dst);
        let capacity = i32::try_from(to_u32(entries.len())).unwrap_or(i32::MAX);
        self.frame.emit(Op::NewMap { dst: work, capacity });
        let place = if self.frame.is_crowded() {
            let slot = self.frame.slot();
            self.frame.emit(Op::StoreSlot { src: work, slot });
            Growing::Slot(slot, work)
        } else {
            Growing::Register(work)
        };
        for entry in entries {
            let mark = self.frame.mark();
            self.map_entry(entry, place);
            self.frame.release(mark);
        }
        match place {
            Growing::Register(map) => self.move_to(dst, map),
            Growing::Slot(slot, _) => self.frame.emit(Op::LoadSlot { dst, slot }),
        }
    }

    /// The register of the map, once an entry's value is there.
    fn grown(&mut self, place: Growing) -> Reg {
        match place {
            Growing::Register(map) => map,
            Growing::Slot(slot, _) => {
                let map = self.frame.temp();
                self.frame.emit(Op::LoadSlot { dst: map, slot });
                map
            }
        }
    }

    /// An entry's value.
    fn entry_value(&mut self, value: &'a Expr, place: Growing) -> Reg {
        match place {
            Growing::Register(_) => self.operand(value),
            Growing::Slot(_, work) => self.operand_in(value, work),
        }
    }

    fn map_entry(&mut self, entry: &'a MapEntry, place: Growing) {
        match entry {
            MapEntry::Pair(MapKey::Word(word), value) => {
                let value = self.entry_value(value, place);
                let name = self.name_constant(word);
                self.frame.span = word.span;
                let map = self.grown(place);
                self.frame.emit(Op::SetField { object: map, value, name });
            }
            MapEntry::Pair(MapKey::Expr(key) | MapKey::Computed(key), value) => {
                let span = key.span;
                let fixed = match &key.kind {
                    ExprKind::Text(template) => template.as_static(),
                    _ => None,
                };
                if let Some(text) = fixed {
                    let value = self.entry_value(value, place);
                    let name = self.tables.text(&text);
                    self.frame.span = span;
                    let map = self.grown(place);
                    self.frame.emit(Op::SetField { object: map, value, name });
                    return;
                }
                let key = self.entry_value(key, place);
                let key = self.keep_before(key, &[value]);
                let (key, value) = self.right_of(key, value);
                self.frame.span = span;
                let map = self.grown(place);
                self.frame.emit(Op::MapSet { map, key, value });
            }
            MapEntry::Shorthand(name) => {
                let value = self.name_register(name).unwrap_or_else(|| {
                    let value = self.frame.temp();
                    self.read(name, value, Unset::Raise);
                    value
                });
                let name = self.name_constant(name);
                let map = self.grown(place);
                self.frame.emit(Op::SetField { object: map, value, name });
            }
            MapEntry::Spread(value) => {
                let src = self.entry_value(value, place);
                self.frame.span = value.span;
                let map = self.grown(place);
                self.frame.emit(Op::MapSetAll { map, src });
            }
        }
    }
}
