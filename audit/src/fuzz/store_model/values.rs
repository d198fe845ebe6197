//! The entities of the model, and when two values are equal.

use crate::generate::Choices;
use flin_runtime::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Schema};

/// `A { email: text? @unique, tags: list? @unique, note: text? @index }`, `P { name: text }`,
/// `C { parent: P restrict, n: number? @unique(parent, n) }`, `N { next: N? cascade, name: text? }`,
/// `L { all: [P] set_none, one: N? set_none }`.
pub const ENTITIES: u32 = 5;

pub fn schema() -> Schema {
    use FieldType::*;
    let refers = |name, ty, on_delete| FieldShape { on_delete, ..FieldShape::plain(name, ty) };
    let a = vec![
        FieldShape::plain("email", Text),
        FieldShape::plain("tags", AnyList),
        FieldShape::plain("note", Text),
    ];
    let c = vec![refers("parent", Reference(1), OnDelete::Restrict), FieldShape::plain("n", Number)];
    let n = vec![refers("next", Reference(3), OnDelete::Cascade), FieldShape::plain("name", Text)];
    let l = vec![
        refers("all", List(Box::new(Reference(1))), OnDelete::SetNone),
        refers("one", Reference(3), OnDelete::SetNone),
    ];
    Schema {
        entities: vec![
            EntityShape { unique: vec![vec![0], vec![1]], indexes: vec![vec![2]], ..entity("A", a) },
            entity("P", vec![FieldShape::plain("name", Text)]),
            EntityShape { unique: vec![vec![0, 1]], ..entity("C", c) },
            EntityShape { indexes: vec![vec![1]], ..entity("N", n) },
            entity("L", l),
        ],
    }
}

fn entity(name: &str, fields: Vec<FieldShape>) -> EntityShape {
    EntityShape { name: name.into(), fields, unique: Vec::new(), indexes: Vec::new() }
}

/// Fields for a row of an entity.
pub fn fields(entity: u32, choices: &mut Choices<'_>) -> Vec<Datum> {
    match entity {
        0 => vec![text(choices), tags(choices), text(choices)],
        1 => vec![text(choices)],
        // An int is a number in a field of numbers.
        2 => vec![reference(choices), double(choices)],
        3 => vec![reference(choices), text(choices)],
        _ => {
            let all = (0..choices.below(3)).map(|_| Datum::Reference(1 + choices.below(6) as u64)).collect();
            vec![Datum::List(all), reference(choices)]
        }
    }
}

fn reference(choices: &mut Choices<'_>) -> Datum {
    match choices.below(7) {
        0 => Datum::None,
        id => Datum::Reference(id as u64),
    }
}

fn double(choices: &mut Choices<'_>) -> Datum {
    match number(choices) {
        Datum::Int(int) => Datum::Number(int as f64),
        other => other,
    }
}

fn number(choices: &mut Choices<'_>) -> Datum {
    match choices.below(6) {
        0 => Datum::None,
        1 => Datum::Number(f64::NAN),
        2 => Datum::Int(1),
        3 => Datum::Number(1.0),
        4 => Datum::Number(-0.0),
        _ => Datum::Number(1.5),
    }
}

fn text(choices: &mut Choices<'_>) -> Datum {
    let n = choices.below(12);
    match n {
        0 => Datum::None,
        1..=8 => Datum::Text(format!("t{n}").into()),
        9 => Datum::Text("é漢🎉".into()),
        10 => Datum::Text("x".repeat(300).into()),
        _ => Datum::Text("y".repeat(4000).into()),
    }
}

fn tags(choices: &mut Choices<'_>) -> Datum {
    match choices.below(5) {
        0 | 1 => Datum::None,
        2 => Datum::List(vec![number(choices), text(choices)]),
        3 => Datum::List(vec![Datum::Map(vec![
            (Datum::Text("k".into()), number(choices)),
            (Datum::Text("l".into()), Datum::None),
        ])]),
        _ => Datum::List(vec![Datum::Map(vec![
            (Datum::Text("l".into()), Datum::None),
            (Datum::Text("k".into()), number(choices)),
        ])]),
    }
}

/// As the language's `==` has it.
pub fn equal(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Int(int), Datum::Number(number)) | (Datum::Number(number), Datum::Int(int)) => {
            // All ints here are small: each is a double.
            (*int as f64).total_cmp(number).is_eq() || (*int == 0 && number.to_bits() << 1 == 0)
        }
        (Datum::List(a), Datum::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Datum::Map(a), Datum::Map(b)) => {
            let found = |(key, value): &(Datum, Datum)| {
                b.iter().any(|(other, held)| equal(key, other) && equal(value, held))
            };
            a.len() == b.len() && a.iter().all(found)
        }
        (a, b) => a == b,
    }
}

/// The same bytes: a NaN is itself.
pub fn same(a: &[Datum], b: &[Datum]) -> bool {
    use flin_runtime::record::data::encode;
    encode(a).ok() == encode(b).ok()
}
