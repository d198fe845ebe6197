//! Rooms: who hears what is broadcast. Plain data with one owner, the broadcaster; see [`super::broadcast`].
//!
//! - **G1** A member hears everything that is broadcast to a room between its joining and its leaving, once.
//! - **G2** All members of a room hear in the same order.
//! - **G3** A room without members, and a member without rooms, take no memory.

use super::mailbox::{Mailbox, Parcel};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A connection, by a number that is its own for the life of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member(pub u64);

/// See the module.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: HashMap<Arc<str>, BTreeMap<Member, Arc<Mailbox>>>,
    joined: HashMap<Member, BTreeSet<Arc<str>>>,
}

impl Rooms {
    /// Joins a room; again: nothing.
    pub fn join(&mut self, room: Arc<str>, member: Member, mailbox: Arc<Mailbox>) {
        self.joined.entry(member).or_default().insert(Arc::clone(&room));
        self.rooms.entry(room).or_default().insert(member, mailbox);
    }

    /// Leaves a room; whoever is not in it: nothing.
    pub fn leave(&mut self, room: &str, member: Member) {
        if let Some(joined) = self.joined.get_mut(&member) {
            joined.remove(room);
            if joined.is_empty() {
                self.joined.remove(&member);
            }
        }
        self.take_out(room, member);
    }

    /// Leaves all rooms: its connection ended.
    pub fn gone(&mut self, member: Member) {
        for room in self.joined.remove(&member).unwrap_or_default() {
            self.take_out(&room, member);
        }
    }

    fn take_out(&mut self, room: &str, member: Member) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.remove(&member);
            if members.is_empty() {
                self.rooms.remove(room);
            }
        }
    }

    /// Posts a message to every member of a room; says to how many. One that takes nothing more leaves all its rooms.
    pub fn broadcast(&mut self, room: &str, parcel: &Arc<Parcel>) -> usize {
        let Some(members) = self.rooms.get(room) else { return 0 };
        let shut: Vec<Member> = members
            .iter()
            .filter(|(_, mailbox)| mailbox.post(Arc::clone(parcel)).is_err())
            .map(|(member, _)| *member)
            .collect();
        let reached = members.len().saturating_sub(shut.len());
        shut.into_iter().for_each(|member| self.gone(member));
        reached
    }

    /// How many rooms have members.
    pub fn count(&self) -> usize {
        self.rooms.len()
    }

    /// How many connections are in a room.
    pub fn members(&self) -> usize {
        self.joined.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Message;
    use crate::value::Pool;
    use proptest::prelude::*;

    fn parcel(text: &str) -> Arc<Parcel> {
        Parcel::of(&Message::Text(text.into()), &Pool::new(1 << 20)).unwrap()
    }

    fn heard(mailbox: &Mailbox) -> Vec<String> {
        let take = || mailbox.take().map(|parcel| String::from_utf8_lossy(&parcel.bytes()[2..]).into_owned());
        std::iter::from_fn(take).collect()
    }

    /// G1, G2
    #[test]
    fn members_hear_what_is_broadcast_while_they_are_in() {
        let mut rooms = Rooms::default();
        let (ada, bo) = (Arc::new(Mailbox::default()), Arc::new(Mailbox::default()));
        rooms.join("a".into(), Member(1), Arc::clone(&ada));
        assert_eq!(rooms.broadcast("a", &parcel("1")), 1);
        rooms.join("a".into(), Member(2), Arc::clone(&bo));
        rooms.join("a".into(), Member(2), Arc::clone(&bo));
        assert_eq!(rooms.broadcast("a", &parcel("2")), 2);
        assert_eq!(rooms.broadcast("b", &parcel("nobody")), 0);
        rooms.leave("a", Member(1));
        rooms.leave("a", Member(1));
        assert_eq!(rooms.broadcast("a", &parcel("3")), 1);
        assert_eq!((heard(&ada), heard(&bo)), (vec!["1".into(), "2".into()], vec!["2".into(), "3".into()]));
    }

    /// G3, X-13
    #[test]
    fn x_13_one_that_is_behind_leaves_and_the_others_hear_on() {
        let mut rooms = Rooms::default();
        let (slow, quick) = (Arc::new(Mailbox::default()), Arc::new(Mailbox::default()));
        rooms.join("a".into(), Member(1), Arc::clone(&slow));
        rooms.join("b".into(), Member(1), slow);
        rooms.join("a".into(), Member(2), Arc::clone(&quick));
        let reached: Vec<usize> = (0..257)
            .map(|_| {
                let reached = rooms.broadcast("a", &parcel("x"));
                assert_eq!(heard(&quick), ["x"]);
                reached
            })
            .collect();
        assert_eq!((reached[255], reached[256]), (2, 1));
        assert_eq!((rooms.count(), rooms.joined.len()), (1, 1), "it left the other room too");
        rooms.gone(Member(2));
        rooms.gone(Member(2));
        assert_eq!((rooms.count(), rooms.joined.len()), (0, 0));
    }

    proptest! {
        /// G3: both indexes say the same, and nothing empty stays.
        #[test]
        fn both_indexes_agree(steps in prop::collection::vec((0u8..4, 0u64..4, 0usize..3), 0..60)) {
            let mut rooms = Rooms::default();
            let mut model: BTreeSet<(usize, u64)> = BTreeSet::new();
            for (what, member, room) in steps {
                let name = ["a", "b", "c"][room];
                match what {
                    0 => {
                        rooms.join(name.into(), Member(member), Arc::default());
                        model.insert((room, member));
                    }
                    1 => {
                        rooms.leave(name, Member(member));
                        model.remove(&(room, member));
                    }
                    2 => {
                        rooms.gone(Member(member));
                        model.retain(|(_, other)| *other != member);
                    }
                    _ => {
                        let members = model.iter().filter(|(other, _)| *other == room).count();
                        prop_assert_eq!(rooms.broadcast(name, &parcel("x")), members);
                    }
                }
                let rooms_left: BTreeSet<usize> = model.iter().map(|(room, _)| *room).collect();
                let members_left: BTreeSet<u64> = model.iter().map(|(_, member)| *member).collect();
                prop_assert_eq!((rooms.rooms.len(), rooms.joined.len()), (rooms_left.len(), members_left.len()));
            }
        }
    }
}
