//! Which registers of a frame can still be read: what the collector may treat as roots.
//!
//! A register that is written before it is read again is dead, whatever it holds; keeping it would keep garbage alive
//! that the program has no way to reach. Backward dataflow over basic blocks, computed once a function when a collection
//! first meets it.

use crate::base::span::{to_u32, to_usize};
use crate::code::verify::handlers::{handler_at, innermost};
use crate::code::verify::registers::{Registers, effect, falls_through, target};
use crate::code::{Function, Handler, Module, Op};

/// Liveness of one function.
#[derive(Debug)]
pub(super) struct Liveness {
    blocks: Vec<Block>,
}

/// Instructions without a jump or a target between them, all under one handler.
#[derive(Debug)]
struct Block {
    start: usize,
    end: usize,
    /// The blocks that may follow.
    next: Option<usize>,
    jump: Option<usize>,
    handler: Option<(usize, Handler)>,
    /// Live before its first instruction.
    entry: Registers,
}

impl Liveness {
    /// Looks at all of a function.
    pub fn of(module: &Module, function: &Function) -> Self {
        let mut liveness = Self { blocks: blocks(function) };
        // Backward, until nothing grows: sets only grow, so each block is visited at most 257 times.
        let mut grew = true;
        while grew {
            grew = false;
            for at in (0..liveness.blocks.len()).rev() {
                let Some(block) = liveness.blocks.get(at) else { continue };
                let live = liveness.before(module, function, block, block.start);
                if let Some(block) = liveness.blocks.get_mut(at)
                    && block.entry != live
                {
                    block.entry = live;
                    grew = true;
                }
            }
        }
        liveness
    }

    /// Live before an instruction that is about to run.
    pub fn at(&self, module: &Module, function: &Function, pc: usize) -> Registers {
        self.block_at(pc).map_or(Registers::none(), |block| self.before(module, function, block, pc))
    }

    /// Live while the instruction before `next` is under way: it read its operands and wrote nothing yet.
    pub fn within(&self, module: &Module, function: &Function, next: usize) -> Registers {
        let pc = next.saturating_sub(1);
        let (Some(block), Some(&op)) = (self.block_at(pc), function.code.get(pc)) else {
            return Registers::none();
        };
        self.after(module, function, block, (pc, op)).union(self.caught(block))
    }

    /// The handler of an instruction.
    pub fn handler(&self, pc: usize) -> Option<Handler> {
        Some(self.block_at(pc)?.handler.as_ref()?.1)
    }

    fn block_at(&self, pc: usize) -> Option<&Block> {
        let at = self.blocks.partition_point(|block| block.start <= pc);
        self.blocks.get(at.checked_sub(1)?)
    }

    fn entry(&self, block: Option<usize>) -> Registers {
        block.and_then(|at| self.blocks.get(at)).map_or(Registers::none(), |block| block.entry)
    }

    /// What the handler needs, besides the error.
    fn caught(&self, block: &Block) -> Registers {
        let of = |&(target, handler): &(usize, Handler)| {
            self.entry(Some(target)).without(Registers::block(handler.register, 1))
        };
        block.handler.as_ref().map_or(Registers::none(), of)
    }

    /// Live after an instruction, less what it will have written.
    fn after(&self, module: &Module, function: &Function, block: &Block, (pc, op): (usize, Op)) -> Registers {
        let effect = effect(module, op);
        let next = pc.saturating_add(1);
        let (falling, jumping) = if next < block.end {
            (self.before(module, function, block, next), Registers::none())
        } else {
            (self.entry(block.next), self.entry(block.jump))
        };
        let falling = falling.without(effect.falling);
        falling.union(jumping.without(effect.jumping)).without(effect.loses)
    }

    /// Live before an instruction of a block.
    fn before(&self, module: &Module, function: &Function, block: &Block, pc: usize) -> Registers {
        let ops = function.code.get(pc..block.end).unwrap_or_default();
        let caught = self.caught(block);
        let mut live = self.entry(block.next);
        for (back, &op) in ops.iter().rev().enumerate() {
            let effect = effect(module, op);
            live = live.without(effect.falling);
            if back == 0 {
                live = live.union(self.entry(block.jump).without(effect.jumping));
            }
            live = live.without(effect.loses).union(effect.reads).union(caught);
        }
        live
    }
}

fn blocks(function: &Function) -> Vec<Block> {
    let handler_of = innermost(function);
    let mut starts = vec![0];
    for (pc, &op) in function.code.iter().enumerate() {
        let jump = target(op);
        starts.extend(jump.map(to_usize));
        if jump.is_some() || !falls_through(op) {
            starts.push(pc.saturating_add(1));
        }
    }
    for handler in &function.handlers {
        starts.extend([handler.start, handler.end, handler.target].map(to_usize));
    }
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|&start| start < function.code.len());
    let number = |pc: u32| starts.binary_search(&to_usize(pc)).ok();
    let ends = starts.iter().copied().skip(1).chain([function.code.len()]);
    let bounds = starts.iter().copied().zip(ends);
    bounds
        .map(|(start, end)| {
            let last = end.checked_sub(1).and_then(|last| function.code.get(last)).copied();
            let handler = handler_at(function, &handler_of, start);
            Block {
                start,
                end,
                next: last.filter(|&op| falls_through(op)).and_then(|_| number(to_u32(end))),
                jump: last.and_then(target).and_then(number),
                handler: handler.and_then(|handler| Some((number(handler.target)?, *handler))),
                entry: Registers::none(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(registers: Registers) -> Vec<u8> {
        (0..=u8::MAX).filter(|&register| registers.has(register)).collect()
    }

    fn function(code: Vec<Op>, handlers: Vec<Handler>) -> Function {
        Function { registers: 8, code, handlers, ..Function::default() }
    }

    #[test]
    fn a_value_that_is_overwritten_before_it_is_read_is_dead() {
        let module = Module::default();
        let function = function(
            vec![
                Op::LoadInt { dst: 0, value: 1 },
                Op::LoadInt { dst: 1, value: 1 },
                Op::Move { dst: 0, src: 1 },
                Op::Return { src: 0 },
            ],
            vec![],
        );
        let liveness = Liveness::of(&module, &function);
        let at = |pc| live(liveness.at(&module, &function, pc));
        assert_eq!([at(0), at(1), at(2), at(3)], [vec![], vec![], vec![1], vec![0]]);
    }

    #[test]
    fn a_loop_keeps_what_its_next_round_reads() {
        let module = Module::default();
        let function = function(
            vec![
                Op::AddInt { dst: 0, left: 0, value: 1 },
                Op::JumpLtInt { left: 0, value: 9, target: 0 },
                Op::ReturnNone {},
            ],
            vec![],
        );
        let liveness = Liveness::of(&module, &function);
        assert_eq!(live(liveness.at(&module, &function, 1)), [0]);
        assert_eq!(live(liveness.at(&module, &function, 2)), Vec::<u8>::new());
    }

    #[test]
    fn a_call_under_way_keeps_what_its_handler_reads() {
        let module = Module::default();
        let handler = Handler { start: 1, end: 2, target: 3, register: 1 };
        let function = function(
            vec![
                Op::LoadInt { dst: 0, value: 1 },
                Op::Call { base: 4, argc: 0, dst: 2 },
                Op::Return { src: 2 },
                Op::Return { src: 0 },
            ],
            vec![handler],
        );
        let liveness = Liveness::of(&module, &function);
        assert_eq!(live(liveness.within(&module, &function, 2)), [0]);
        assert_eq!(liveness.handler(1), Some(handler));
        assert_eq!(liveness.handler(2), None);
    }
}
