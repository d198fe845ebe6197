//! Rules B13 and B14: a forward dataflow over basic blocks; the state is the set of registers written on every path so
//! far, and what they hold.
//!
//! An error leaves an instruction before it wrote anything, but a failing call has already lost its registers. So what
//! an error handler can rely on from a block is the block's entry state without all that the block loses or reshapes.

use super::Broken;
use super::handlers::{HandlerOf, handler_at};
use super::registers::{Registers, effect, falls_through, target};
use super::shapes::{Given, Held, Shape, Slots};
use crate::base::span::{to_u32, to_usize};
use crate::code::module::{Function, Module, REGISTER_PARAMS};
use std::collections::VecDeque;

/// Instructions without a jump or a target between them, all under one handler. Kept small: a long program has one for
/// every few bytes of its source.
struct Block {
    start: u32,
    end: u32,
    /// Written by the block before its last instruction, and not lost again.
    before: Held,
    /// Lost anywhere in the block.
    loses: Registers,
    next: Option<u32>,
    jump: Option<u32>,
    caught: Option<Box<Caught>>,
    /// What is certain on every path to it; none while no path is known.
    entry: Option<Held>,
}

/// Where the errors of a block go.
struct Caught {
    handler: u32,
    /// Takes the error.
    register: u8,
    /// Written anywhere in the block.
    given: Given,
}

pub(super) fn check(module: &Module, function: &Function, handler_of: &HandlerOf) -> Result<(), Broken> {
    let slots = Slots::of(module, function);
    let mut blocks = blocks(module, function, handler_of, &slots);
    let params = function.params.len().min(REGISTER_PARAMS);
    let params = u16::try_from(params).unwrap_or(u16::MAX);
    let first = Held::default().with(Registers::block(0, params), Shape::Value);
    solve(&mut blocks, first, |block| last_of(module, function, &slots, block));
    blocks.iter().try_for_each(|block| reads(module, function, &slots, block))
}

fn blocks(module: &Module, function: &Function, handler_of: &HandlerOf, slots: &Slots) -> Vec<Block> {
    let mut starts = vec![false; function.code.len()];
    let mut mark = |at: usize| {
        if let Some(start) = starts.get_mut(at) {
            *start = true;
        }
    };
    mark(0);
    for (pc, op) in function.code.iter().copied().enumerate() {
        let jump = target(op);
        jump.map(to_usize).into_iter().for_each(&mut mark);
        if jump.is_some() || !falls_through(op) {
            mark(pc.saturating_add(1));
        }
    }
    for handler in &function.handlers {
        [handler.start, handler.end, handler.target].map(to_usize).into_iter().for_each(&mut mark);
    }
    let mut numbers = Vec::with_capacity(starts.len());
    let mut count = 0_u32;
    for start in &starts {
        count = count.saturating_add(u32::from(*start));
        numbers.push(count.saturating_sub(1));
    }
    let number = |pc: usize| numbers.get(pc).copied();
    let firsts = starts.iter().enumerate().filter_map(|(pc, start)| start.then_some(pc));
    let ends = firsts.clone().skip(1).chain([starts.len()]);
    let mut blocks = Vec::with_capacity(to_usize(count));
    for (start, end) in firsts.zip(ends) {
        let handler = handler_at(function, handler_of, start);
        let caught = handler.and_then(|handler| {
            let (at, register) = (number(to_usize(handler.target))?, handler.register);
            Some(Box::new(Caught { handler: at, register, given: Given::default() }))
        });
        let mut block = Block {
            start: to_u32(start),
            end: to_u32(end),
            before: Held::default(),
            loses: Registers::none(),
            next: number(end),
            jump: None,
            caught,
            entry: None,
        };
        let ops = function.code.get(start..end).unwrap_or_default();
        for (at, &op) in ops.iter().enumerate() {
            let effect = effect(module, op);
            let shape = slots.given(op);
            block.loses = block.loses.union(effect.loses);
            if let Some(caught) = &mut block.caught {
                caught.given.add(effect.falling.union(effect.jumping), shape);
            }
            block.jump = target(op).and_then(|at| number(to_usize(at)));
            if !falls_through(op) {
                block.next = None;
            }
            if at.saturating_add(1) < ops.len() {
                block.before = block.before.without(effect.loses).with(effect.falling, shape);
            }
        }
        blocks.push(block);
    }
    blocks
}

/// Written by a block, and not lost again, on its way to the next block and to its jump's target.
struct Written {
    falling: Held,
    jumping: Held,
}

fn last_of(module: &Module, function: &Function, slots: &Slots, block: &Block) -> Written {
    let last = to_usize(block.end).checked_sub(1).and_then(|last| function.code.get(last)).copied();
    let Some(last) = last else { return Written { falling: block.before, jumping: block.before } };
    let (effect, shape) = (effect(module, last), slots.given(last));
    let kept = block.before.without(effect.loses);
    Written { falling: kept.with(effect.falling, shape), jumping: kept.with(effect.jumping, shape) }
}

fn solve(blocks: &mut [Block], params: Held, written: impl Fn(&Block) -> Written) {
    let mut waiting = VecDeque::from([0_u32]);
    let mut queued = vec![false; blocks.len()];
    if let Some(first) = blocks.first_mut() {
        first.entry = Some(params);
    }
    while let Some(at) = waiting.pop_front() {
        if let Some(flag) = queued.get_mut(to_usize(at)) {
            *flag = false;
        }
        let Some(block) = blocks.get(to_usize(at)) else { continue };
        let Some(entry) = block.entry else { continue };
        let kept = entry.without(block.loses);
        let handler = block.caught.as_ref().map(|caught| {
            let certain = caught.given.keeps(kept);
            (caught.handler, certain.with(Registers::block(caught.register, 1), Shape::Value))
        });
        let written = written(block);
        let next = block.next.map(|next| (next, kept.overlaid(written.falling)));
        let jump = block.jump.map(|jump| (jump, kept.overlaid(written.jumping)));
        for (to, state) in [next, jump, handler].into_iter().flatten() {
            let Some(successor) = blocks.get_mut(to_usize(to)) else { continue };
            let met = successor.entry.map_or(state, |known| known.meet(state));
            if successor.entry != Some(met) {
                successor.entry = Some(met);
                if let Some(flag) = queued.get_mut(to_usize(to)).filter(|flag| !**flag) {
                    *flag = true;
                    waiting.push_back(to);
                }
            }
        }
    }
}

/// With the entry states known, every read of a block that can be reached is looked at once.
fn reads(module: &Module, function: &Function, slots: &Slots, block: &Block) -> Result<(), Broken> {
    let Some(mut held) = block.entry else { return Ok(()) };
    let start = to_usize(block.start);
    let ops = function.code.get(start..to_usize(block.end)).unwrap_or_default();
    for (pc, &op) in (start..).zip(ops) {
        let effect = effect(module, op);
        let read = slots.reads(module, op, &effect).and_then(|wanted| held.satisfies(wanted));
        read.map_err(|fault| Broken::at(pc, fault))?;
        held = held.without(effect.loses).with(effect.falling, slots.given(op));
    }
    Ok(())
}
