//! Arenas of several chunks: what lies where, and what is charged for it.

use super::{Arena, CHUNK_SLOTS, Handle};
use crate::value::memory::{Memory, Pool};

/// An arena of so many numbers, each its own position, and the memory that it is charged to.
fn filled(count: usize) -> (Arena<usize>, Memory, Vec<Handle<usize>>) {
    let (mut arena, mut memory) = (Arena::default(), Memory::new(64 << 20, Pool::new(1 << 30)));
    memory.lift_threshold();
    let handles = (0..count).map(|n| {
        arena.reserve(&mut memory).unwrap();
        arena.insert(n)
    });
    let handles = handles.collect();
    (arena, memory, handles)
}

#[test]
fn slots_go_on_in_the_next_chunk_where_one_is_full() {
    for count in [1, CHUNK_SLOTS - 1, CHUNK_SLOTS, CHUNK_SLOTS + 1, 3 * CHUNK_SLOTS + 5] {
        let (arena, _, handles) = filled(count);
        assert_eq!(
            (arena.live(), arena.len(), arena.chunks.len()),
            (count, count, count.div_ceil(CHUNK_SLOTS))
        );
        for (n, handle) in handles.iter().enumerate() {
            assert_eq!((arena.get(*handle).unwrap(), handle.slot()), (&n, u32::try_from(n).unwrap()));
        }
    }
}

#[test]
fn no_growth_moves_more_than_a_chunk() {
    let (arena, memory, _) = filled(5 * CHUNK_SLOTS);
    assert!(arena.chunks.iter().all(|chunk| chunk.slots.capacity() == CHUNK_SLOTS));
    assert_eq!(memory.used(), arena.room() * Arena::<usize>::SLOT_BYTES);
}

#[test]
fn what_a_sweep_gives_back_is_what_was_charged() {
    for kept in [0, 1, 100, CHUNK_SLOTS, CHUNK_SLOTS + 1, 3 * CHUNK_SLOTS] {
        let (mut arena, mut memory, handles) = filled(3 * CHUNK_SLOTS);
        for handle in handles.iter().take(kept) {
            assert!(arena.mark(*handle));
        }
        memory.release(arena.sweep(|_| 0)).unwrap();
        assert_eq!(memory.used(), arena.room() * Arena::<usize>::SLOT_BYTES);
        assert_eq!((arena.live(), arena.len()), (kept, kept));
        assert!(arena.room() <= kept.next_multiple_of(CHUNK_SLOTS).max(super::SLOTS_KEPT));
        assert!(handles.iter().take(kept).enumerate().all(|(n, handle)| arena.get(*handle).unwrap() == &n));
    }
}

#[test]
fn the_lowest_free_slot_of_all_chunks_is_taken_first() {
    let (mut arena, mut memory, handles) = filled(2 * CHUNK_SLOTS + 1);
    let last = handles.last().unwrap();
    let holes = [3, CHUNK_SLOTS - 1, CHUNK_SLOTS, CHUNK_SLOTS + 7];
    for (n, handle) in handles.iter().enumerate() {
        if !holes.contains(&n) {
            arena.mark(*handle);
        }
    }
    memory.release(arena.sweep(|_| 0)).unwrap();
    let taken = [0; 5].map(|n| arena.insert(n).slot());
    assert_eq!(
        taken.map(|slot| slot as usize),
        [3, CHUNK_SLOTS - 1, CHUNK_SLOTS, CHUNK_SLOTS + 7, 2 * CHUNK_SLOTS + 1]
    );
    assert_eq!(arena.get(*last).unwrap(), &(2 * CHUNK_SLOTS));
}
