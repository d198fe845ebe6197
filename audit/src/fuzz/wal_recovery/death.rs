//! A process that dies at some call of the disk, and recoveries of what it left that die too.

use super::image::{Content, STEPS, content, go_on, is_checkpoint, perform, try_open};
use super::open;
use crate::generate::Choices;
use flin_runtime::store::disk::{Crash, Fault, Plan, Twin};
use flin_runtime::store::recover;
use flin_runtime::store::schema::Catalogue;
use flin_runtime::store::state::State;
use std::io::ErrorKind;
use std::sync::OnceLock;

/// Calls of the disk that all steps take, about.
const CALLS: usize = 400;

/// What there is after each transaction.
fn states() -> &'static [Content] {
    static STATES: OnceLock<Vec<Content>> = OnceLock::new();
    STATES.get_or_init(|| {
        let twin = Twin::new();
        let mut states = vec![Vec::new()];
        let Some(store) = try_open(&twin) else { panic!("an empty disk has no store") };
        for step in 0..STEPS {
            if let Err(refusal) = perform(&store, step) {
                panic!("step {step} is refused: {refusal}");
            }
            if !is_checkpoint(step) {
                let read = recover::read(&twin.copy(), State::new(Catalogue::default()), None);
                states.push(read.map_or_else(|error| panic!("{error}"), |read| content(&read.state)));
            }
        }
        drop(store.close());
        states
    })
}

fn crash(choices: &mut Choices<'_>) -> Crash {
    match choices.below(5) {
        0 => Crash::Kept,
        1 => Crash::Lost,
        2 => Crash::Torn,
        _ => Crash::Chosen((choices.below(65_536) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
    }
}

pub fn judge(choices: &mut Choices<'_>) {
    let states = states();
    let twin = Twin::new();
    let at = choices.below(CALLS) as u64;
    let fault =
        [Fault::Last, Fault::Last, Fault::Error(ErrorKind::StorageFull), Fault::Short][choices.below(4)];
    let lasting = choices.below(2) == 1;
    twin.plan(Some(Plan { at, fault, lasting }));
    let mut acknowledged = 0_usize;
    if let Some(store) = try_open(&twin) {
        for step in 0..STEPS {
            match perform(&store, step) {
                Ok(()) => acknowledged += usize::from(!is_checkpoint(step)),
                // It goes on without what it could not write down, which no list of states foresees.
                Err(_) if !is_checkpoint(step) => break,
                Err(_) => {}
            }
        }
        drop(store.close());
    }
    let mut left = twin.crash(crash(choices));
    // Recoveries that die.
    for _ in 0..choices.below(3) {
        let at = choices.below(40) as u64;
        left.plan(Some(Plan { at, fault: Fault::Last, lasting: false }));
        let _ = open(&left);
        left = left.crash(crash(choices));
    }
    left.plan(None);
    let rows = open(&left).unwrap_or_else(|error| panic!("what a death left should open: {error}"));
    let one_more = states.get(acknowledged + 1).is_some_and(|more| rows == *more);
    assert!(
        rows == states[acknowledged] || one_more,
        "{acknowledged} commits were acknowledged, and they should be there (call {at}, {fault:?})"
    );
    let Some(store) = try_open(&left) else { panic!("what a death left should open a second time") };
    let gone_on = go_on(&store);
    assert!(gone_on.is_ok(), "behind a death (call {at}, {fault:?}) saves should be taken: {gone_on:?}");
    drop(store.close());
}
