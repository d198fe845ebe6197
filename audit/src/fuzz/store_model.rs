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

use crate::generate::Choices;
use world::World;

/// What it is for.
pub const MODULES: &[&str] = &["store::state", "store::commit", "store::session", "store::view"];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_all_kinds_agree() {
        let mut bytes = Vec::new();
        let mut seed = 1_u32;
        for round in 0..60_u32 {
            bytes.clear();
            for _ in 0..240 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + round);
                bytes.push((seed >> 24) as u8);
            }
            target(&bytes);
        }
    }
}
