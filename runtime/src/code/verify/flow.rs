//! Rules B13 and B14: a forward dataflow over basic blocks; the state is the set of registers written on every path so
//! far, and what they hold.
//!
//! An error leaves an instruction before it wrote anything, but a failing call has already lost its registers. So what
//! an error handler can rely on from a block is the block's entry state without all that the block loses or reshapes.

use super::Broken;
use super::handlers::{HandlerOf, handler_at};
use super::registers::{Registers, effect, falls_through, target};
use super::shapes::{Given, Held, Shape, Slots};
use crate::base::span::to_usize;
use crate::code::module::{Function, Module, REGISTER_PARAMS};
use std::collections::VecDeque;

/// Instructions without a jump or a target between them, all under one handler.
struct Block {
    start: usize,
    end: usize,
    /// Written by the block, and not lost again, on its way to the next block or to its jump's target.
    falling: Held,
    jumping: Held,
    /// Lost anywhere in the block.
    loses: Registers,
    /// Written anywhere in the block.
    given: Given,
    next: Option<usize>,
    jump: Option<usize>,
    handler: Option<(usize, u8)>,
    /// What is certain on every path to it; none while no path is known.
    entry: Option<Held>,
}

pub(super) fn check(module: &Module, function: &Function, handler_of: &HandlerOf) -> Result<(), Broken> {
    let slots = Slots::of(module, function);
    let mut blocks = blocks(module, function, handler_of, &slots);
    let params = function.params.len().min(REGISTER_PARAMS);
    let params = u16::try_from(params).unwrap_or(u16::MAX);
    solve(&mut blocks, Held::default().with(Registers::block(0, params), Shape::Value));
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
    let mut count = 0_usize;
    for start in &starts {
        count = count.saturating_add(usize::from(*start));
        numbers.push(count.saturating_sub(1));
    }
    let number = |pc: usize| numbers.get(pc).copied();
    let firsts = starts.iter().enumerate().filter_map(|(pc, start)| start.then_some(pc));
    let ends = firsts.clone().skip(1).chain([starts.len()]);
    firsts
        .zip(ends)
        .map(|(start, end)| {
            let handler = handler_at(function, handler_of, start);
            let handler =
                handler.and_then(|handler| Some((number(to_usize(handler.target))?, handler.register)));
            let mut block = Block {
                start,
                end,
                falling: Held::default(),
                jumping: Held::default(),
                loses: Registers::none(),
                given: Given::default(),
                next: number(end),
                jump: None,
                handler,
                entry: None,
            };
            for &op in function.code.get(start..end).unwrap_or_default() {
                let effect = effect(module, op);
                block.loses = block.loses.union(effect.loses);
                let shape = slots.given(op);
                let kept = block.falling.without(effect.loses);
                block.falling = kept.with(effect.falling, shape);
                block.jumping = kept.with(effect.jumping, shape);
                block.given.add(effect.falling.union(effect.jumping), shape);
                block.jump = target(op).and_then(|at| number(to_usize(at)));
                if !falls_through(op) {
                    block.next = None;
                }
            }
            block
        })
        .collect()
}

fn solve(blocks: &mut [Block], params: Held) {
    let mut waiting = VecDeque::from([0]);
    let mut queued = vec![false; blocks.len()];
    if let Some(first) = blocks.first_mut() {
        first.entry = Some(params);
    }
    while let Some(at) = waiting.pop_front() {
        if let Some(flag) = queued.get_mut(at) {
            *flag = false;
        }
        let Some(block) = blocks.get(at) else { continue };
        let Some(entry) = block.entry else { continue };
        let kept = entry.without(block.loses);
        let handler = block.handler.map(|(target, register)| {
            let certain = block.given.keeps(kept);
            (target, certain.with(Registers::block(register, 1), Shape::Value))
        });
        let next = block.next.map(|next| (next, kept.overlaid(block.falling)));
        let jump = block.jump.map(|jump| (jump, kept.overlaid(block.jumping)));
        for (to, state) in [next, jump, handler].into_iter().flatten() {
            let Some(successor) = blocks.get_mut(to) else { continue };
            let met = successor.entry.map_or(state, |known| known.meet(state));
            if successor.entry != Some(met) {
                successor.entry = Some(met);
                if let Some(flag) = queued.get_mut(to).filter(|flag| !**flag) {
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
    let ops = function.code.get(block.start..block.end).unwrap_or_default();
    for (pc, &op) in (block.start..).zip(ops) {
        let effect = effect(module, op);
        let read = slots.reads(module, op, &effect).and_then(|wanted| held.satisfies(wanted));
        read.map_err(|fault| Broken::at(pc, fault))?;
        held = held.without(effect.loses).with(effect.falling, slots.given(op));
    }
    Ok(())
}
