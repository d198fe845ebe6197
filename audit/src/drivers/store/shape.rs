//! The entities of all store cases, and values for them.

use flin_runtime::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Schema};
use std::sync::Arc;

/// `email` is unique.
pub const ACCOUNT: u32 = 0;
/// Children refer to it.
pub const PARENT: u32 = 1;
/// `parent` restricts.
pub const CHILD: u32 = 2;
/// `next`, a node or none, cascades.
pub const NODE: u32 = 3;
/// How many there are.
pub const ENTITIES: u32 = 4;

/// What a program would have declared.
pub fn schema() -> Schema {
    let text = |name| FieldShape::plain(name, FieldType::Text);
    let parent = FieldShape { optional: false, ..FieldShape::plain("parent", FieldType::Reference(PARENT)) };
    let next =
        FieldShape { on_delete: OnDelete::Cascade, ..FieldShape::plain("next", FieldType::Reference(NODE)) };
    let account = vec![text("email"), FieldShape::plain("balance", FieldType::Int), text("note")];
    Schema {
        entities: vec![
            EntityShape { unique: vec![vec![0]], indexes: vec![vec![1]], ..entity("Account", account) },
            entity("Parent", vec![text("name")]),
            entity("Child", vec![parent, text("name")]),
            entity("Node", vec![text("name"), next]),
        ],
    }
}

fn entity(name: &str, fields: Vec<FieldShape>) -> EntityShape {
    EntityShape { name: name.into(), fields, unique: Vec::new(), indexes: Vec::new() }
}

/// A text.
pub fn text(value: &str) -> Datum {
    Datum::Text(Arc::from(value))
}

/// An account's fields.
pub fn account(email: &str, balance: i64) -> Vec<Datum> {
    vec![text(email), Datum::Int(balance), text("a note")]
}

/// A child's fields.
pub fn child(parent: u64, name: &str) -> Vec<Datum> {
    vec![Datum::Reference(parent), text(name)]
}

/// A node's fields.
pub fn node(name: &str, next: Option<u64>) -> Vec<Datum> {
    vec![text(name), next.map_or(Datum::None, Datum::Reference)]
}
