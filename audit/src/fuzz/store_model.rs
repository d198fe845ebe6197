//! Operations, transactions of two clients, failing disks, crashes and reopenings, against maps that keep all versions.
//!
//! For `store::state`, `store::commit`, `store::session` and `store::view`.
//!
//! Oracle: every answer is the map's, or says that the disk or the memory failed, and then nothing happened; what is read,
//! older versions and look-ups included, is what the map holds; after a crash everything acknowledged is there, and of
//! what was refused at most one whole transaction; memory stays below its bound.

mod plain;
mod values;
mod world;

use super::Target;
use crate::generate::Choices;
use world::World;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "store_model",
    modules: &["store::state", "store::commit", "store::session", "store::view"],
    input_bytes_max: 400,
    judge: target,
};

/// Steps of one input.
const STEPS_MAX: usize = 64;

/// The target.
pub fn target(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut world = World::new(choices.below(8));
    for _ in 0..STEPS_MAX {
        if choices.left() == 0 {
            break;
        }
        world.step(&mut choices);
    }
    world.end(&mut choices);
}
