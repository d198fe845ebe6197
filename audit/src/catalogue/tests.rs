//! The catalogue as it stands in the repository.

use super::*;

fn catalogue() -> Catalogue {
    Catalogue::load(&crate::repository()).unwrap()
}

fn ids(tier: Tier) -> Vec<String> {
    let entries = catalogue().entries;
    entries.into_iter().filter(|entry| entry.vector.tier == tier).map(|entry| entry.vector.id).collect()
}

fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{prefix}-{n:02}")).collect()
}

#[test]
fn all_47_vectors_and_the_found_ones_are_there() {
    assert_eq!(ids(Tier::One), numbered("T1", 12));
    assert_eq!(ids(Tier::Two), numbered("T2", 11));
    assert_eq!(ids(Tier::Three), numbered("T3", 24));
    let found = ids(Tier::Found);
    assert_eq!(found, numbered("X", found.len()));
    assert_eq!(ids(Tier::Canary), ["CANARY"]);
}

#[test]
fn phase_1_fixed_35_of_47() {
    let fixed = |tier| {
        let entries = catalogue().entries;
        entries.iter().filter(|e| e.vector.tier == tier && e.vector.phase1 == Some(Phase1::Fixed)).count()
    };
    assert_eq!([fixed(Tier::One), fixed(Tier::Two), fixed(Tier::Three)], [12, 8, 15]);
}

#[test]
fn every_story_is_told() {
    for entry in catalogue().entries {
        let story = &entry.vector.story;
        for sentence in [&story.cause, &story.consequence, &story.trigger, &entry.vector.expected] {
            assert!(sentence.len() > 20 && sentence.ends_with('.'), "{}: {sentence:?}", entry.vector.id);
        }
    }
}

#[test]
fn an_encoded_vector_says_how_to_see_it_by_hand() {
    for entry in catalogue().entries.iter().filter(|entry| entry.vector.is_encoded()) {
        assert!(!entry.vector.repro.is_empty(), "{}", entry.vector.id);
    }
}
