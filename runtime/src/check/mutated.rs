//! Sources that were cut, doubled and mixed: whatever the parser makes of them, the checker says something and goes on.

use super::tests::TABLE;
use super::{Project, ProjectFile, Role, check};
use crate::base::FileId;
use crate::base::builtin::Builtins;
use crate::syntax::{ParseLimits, parse};

/// A linear congruential generator (Knuth's MMIX): the same sources on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

const SEEDS: &[&str] = &[
    include_str!("golden/script.flin"),
    include_str!("golden/types.flin"),
    include_str!("golden/calls.flin"),
    include_str!("golden/queries.flin"),
    include_str!("golden/matches.flin"),
    include_str!("golden/places.flin"),
    include_str!("golden/declarations.flin"),
    include_str!("golden/project/app/index.flin"),
    include_str!("golden/project/app/live.flin"),
    include_str!("golden/project/entities/shop.flin"),
    include_str!("golden/project/components/Branch.flin"),
];
const ROLES: &[Role] =
    &[Role::Global, Role::App, Role::Middleware, Role::Component, Role::Job, Role::Test, Role::Script];

fn words(source: &str) -> Vec<&str> {
    source.split_inclusive([' ', '\n', '(', ')', '{', '}', '.', ',']).collect()
}

fn mutated(dice: &mut Dice) -> String {
    let mut parts = words(SEEDS[dice.below(SEEDS.len())]);
    let other = words(SEEDS[dice.below(SEEDS.len())]);
    for _ in 0..=dice.below(6) {
        let at = dice.below(parts.len());
        match dice.below(4) {
            0 if parts.len() > 1 => drop(parts.remove(at)),
            1 => parts.insert(at, other[dice.below(other.len())]),
            2 => parts[at] = other[dice.below(other.len())],
            _ => {
                let from = dice.below(parts.len());
                parts.swap(at, from);
            }
        }
    }
    parts.concat()
}

#[test]
fn mutated_sources_are_checked_without_a_panic() {
    let mut dice = Dice(20);
    let mut clean = 0;
    for _ in 0..3_000 {
        let sources = [mutated(&mut dice), mutated(&mut dice)];
        let trees: Vec<_> = (0..)
            .zip(&sources)
            .map(|(id, text)| (FileId(id), parse(FileId(id), text, ParseLimits::default()).file))
            .collect();
        let files = trees.iter().map(|(id, tree)| ProjectFile {
            id: *id,
            role: ROLES[dice.below(ROLES.len())],
            path: "app/x.flin",
            tree,
        });
        let project =
            Project { files: files.collect(), knows_components: true, patterns_bytes_max: usize::MAX };
        let checked = check(&project, &Builtins(TABLE));
        assert!(checked.diagnostics.is_sorted_by_key(|found| found.span));
        clean += usize::from(checked.diagnostics.is_empty());
    }
    assert!(clean < 3_000, "no mutation was noticed");
}
