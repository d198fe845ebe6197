//! Which declarations fit which catalogues, and what rows of the one mean under the other.

use super::*;
use crate::record::{EntityShape, FieldShape, OnDelete, Schema, data};

fn field(name: &str, ty: FieldType) -> FieldShape {
    let optional = name.ends_with('?');
    FieldShape {
        name: name.trim_end_matches('?').into(),
        ty,
        optional,
        hidden: false,
        constant: None,
        default: None,
        rules: Vec::new(),
        on_delete: OnDelete::Restrict,
    }
}

fn schema(name: &str, fields: Vec<FieldShape>) -> Schema {
    Schema { entities: vec![EntityShape { name: name.into(), fields, unique: vec![], indexes: vec![] }] }
}

fn list(ty: FieldType) -> FieldType {
    FieldType::List(Box::new(ty))
}

#[test]
fn numbers_are_given_once_and_for_ever() {
    use FieldType::*;
    let first = schema("A", vec![field("x", Int), field("y", Text)]);
    let (_, one) = bind(&first, &Catalogue::default()).unwrap();
    let other = schema("B", vec![field("y", Text)]);
    let (binding, two) = bind(&other, &one).unwrap();
    assert_eq!(binding.ty(0), Some(TypeId(1)));
    assert_eq!((binding.index(TypeId(0)), binding.index(TypeId(1))), (None, Some(0)));
    let back = schema("A", vec![field("z", Bool), field("y", Text)]);
    let (binding, three) = bind(&back, &two).unwrap();
    let ids: Vec<_> = binding.entity(0).unwrap().fields.iter().map(|field| field.id).collect();
    assert_eq!((binding.ty(0), ids), (Some(TypeId(0)), vec![FieldId(2), FieldId(1)]));
    assert_eq!(three.entities[1], two.entities[1]);
    assert_eq!(Catalogue::decode(&three.encode().unwrap()), Ok(three));
}

#[test]
fn types_may_widen_and_nothing_else() {
    use FieldType::*;
    for (stored, declared, fits) in [
        (Int, Number, true),
        (Number, Int, false),
        (list(Int), list(Number), true),
        (list(Int), AnyList, true),
        (AnyList, list(Int), false),
        (Text, Any, true),
        (Any, Text, false),
        (Text, Enum(3), false),
        (Enum(1), Enum(3), true),
        (Reference(0), Int, false),
        (Reference(0), Any, false),
        (list(Reference(0)), AnyList, false),
    ] {
        let (_, catalogue) =
            bind(&schema("A", vec![field("x?", stored.clone())]), &Catalogue::default()).unwrap();
        let bound = bind(&schema("A", vec![field("x", declared.clone())]), &catalogue);
        assert_eq!(bound.is_ok(), fits, "{stored:?} as {declared:?}");
        if let Ok((binding, _)) = bound {
            assert!(binding.entity(0).unwrap().fields[0].narrowed);
        }
    }
}

#[test]
fn a_refusal_names_entity_field_and_both_types() {
    let (_, catalogue) =
        bind(&schema("A", vec![field("x?", list(FieldType::Int))]), &Catalogue::default()).unwrap();
    let error = bind(&schema("A", vec![field("x", FieldType::Reference(0))]), &catalogue).unwrap_err();
    assert_eq!(
        error.to_string(),
        "A.x is stored as [int]? and declared as A; declare it as [int]?, or give the field another name"
    );
}

#[test]
fn a_row_is_read_as_declared_today() {
    use FieldType::*;
    let (binding, catalogue) = bind(
        &schema("A", vec![field("b", Text), field("a", Int), field("c", list(Int))]),
        &Catalogue::default(),
    )
    .unwrap();
    let text = |text: &str| Datum::Text(text.into());
    let row = [text("old"), Datum::Int(7), Datum::List(vec![Datum::Int(1)])];
    let stored = binding.stored(&binding.entities()[0], &data::encode(&row).unwrap()).unwrap();
    assert_eq!(&*binding.declared(&binding.entities()[0], &stored).unwrap(), data::encode(&row).unwrap());

    let mut new = field("new", Int);
    new.constant = Some(Datum::Int(5));
    let today = schema("A", vec![field("a", Number), new, field("c", list(Number)), field("gone?", Bool)]);
    let (binding, _) = bind(&today, &catalogue).unwrap();
    let bound = &binding.entities()[0];
    let declared = binding.declared(bound, &stored).unwrap();
    let expected = [Datum::Number(7.0), Datum::Int(5), Datum::List(vec![Datum::Number(1.0)]), Datum::None];
    assert_eq!(data::decode(&declared).unwrap(), expected);

    let written = binding.carry(bound, &binding.stored(bound, &declared).unwrap(), &stored).unwrap();
    assert_eq!(super::field(&written, FieldId(0)), Some(&*data::encode(&[text("old")]).unwrap()));
    assert_eq!(&*binding.declared(bound, &written).unwrap(), &*declared);
}

#[test]
fn a_field_is_found_by_its_number_and_a_gap_is_none() {
    let row = [2, 1, 2, 7, 0];
    let found = [None, Some(&row[2..3]), None, None, None, None, None, Some(&row[4..]), None];
    for (id, expected) in (0..).zip(found) {
        assert_eq!(super::field(&row, FieldId(id)), expected, "field {id}");
    }
    // More are announced than there are.
    assert_eq!(super::field(&[3, 1, 2, 7, 0], FieldId(9)), None);
    assert_eq!(super::field(&[], FieldId(0)), None);
}

#[test]
fn a_malformed_row_is_refused_with_its_offset() {
    let (binding, _) = bind(&schema("A", vec![field("a", FieldType::Int)]), &Catalogue::default()).unwrap();
    let bound = &binding.entities()[0];
    for (bytes, offset, fault) in [
        (&[][..], 0, DataFault::End),
        (&[1], 1, DataFault::End),
        (&[1, 0], 2, DataFault::End),
        (&[2, 1, 0, 1, 0], 3, DataFault::Order),
        (&[1, 0, 0, 0], 3, DataFault::Rest),
    ] {
        assert_eq!(binding.declared(bound, bytes), Err(DataError { offset, fault }), "{bytes:?}");
    }
    for (bytes, offset, fault) in [(&[][..], 0, DataFault::End), (&[0, 0], 1, DataFault::Rest)] {
        assert_eq!(binding.stored(bound, bytes), Err(DataError { offset, fault }), "{bytes:?}");
    }
}

proptest::proptest! {
    #[test]
    fn a_catalogue_takes_any_bytes(bytes: Vec<u8>) {
        if let Ok(catalogue) = Catalogue::decode(&bytes) {
            proptest::prop_assert_eq!(catalogue.encode().unwrap(), bytes);
        }
    }
}
