//! The rules of saving, deleting and restoring, one by one; together, against a model: `model`.

mod model;

use super::*;
use crate::record::request::{Fate, Reach};
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, data};

/// A field; with a `?` behind its name it may be none.
fn field(name: &str, ty: FieldType, on_delete: OnDelete) -> FieldShape {
    FieldShape {
        name: name.trim_end_matches('?').into(),
        ty,
        optional: name.ends_with('?'),
        hidden: false,
        constant: None,
        default: None,
        rules: Vec::new(),
        on_delete,
    }
}

fn entity(name: &str, fields: Vec<FieldShape>) -> EntityShape {
    EntityShape { name: name.into(), fields, unique: Vec::new(), indexes: Vec::new() }
}

/// `Node { name: text? @unique, next: Node? @on_delete(rule) }`.
fn nodes(rule: OnDelete) -> Schema {
    let mut node = entity(
        "Node",
        vec![
            field("name?", FieldType::Text, OnDelete::Restrict),
            field("next?", FieldType::Reference(0), rule),
        ],
    );
    node.unique = vec![vec![0]];
    Schema { entities: vec![node] }
}

fn open(schema: &Schema) -> State {
    State::new(Catalogue::default()).bind(schema).unwrap()
}

const NODE: TypeId = TypeId(0);
const PLENTY: usize = usize::MAX;

fn text(text: &str) -> Datum {
    if text.is_empty() { Datum::None } else { Datum::Text(text.into()) }
}

fn next(id: u64) -> Datum {
    if id == 0 { Datum::None } else { Datum::Reference(id) }
}

fn stored(state: &State, entity: u32, values: &[Datum]) -> Arc<[u8]> {
    let binding = state.binding();
    binding.stored(binding.entity(entity).unwrap(), &data::encode(values).unwrap()).unwrap()
}

/// Saves a node: at id 0 a new one.
fn save(draft: &mut Draft, id: u64, expected: Option<u64>, values: [Datum; 2]) -> Result<u64, Refusal> {
    let data = stored(draft.state(), 0, &values);
    let insert = id == 0;
    let id = if insert { draft.state().next_id(NODE) } else { id };
    draft.stage(&Change::Save { ty: NODE, id, insert, expected, now: 1000, data }, PLENTY)?;
    Ok(id)
}

fn delete(draft: &mut Draft, id: u64) -> Result<Option<Row>, Refusal> {
    draft.stage(&Change::Delete { ty: NODE, id, now: 2000 }, PLENTY)
}

fn destroy(draft: &mut Draft, id: u64) -> Result<Option<Row>, Refusal> {
    draft.stage(&Change::Destroy { ty: NODE, id, now: 2000 }, PLENTY)
}

/// A state with nodes of these names.
fn named(rule: OnDelete, names: &[&str]) -> State {
    let mut draft = Draft::new(&open(&nodes(rule)));
    for name in names {
        save(&mut draft, 0, None, [text(name), Datum::None]).unwrap();
    }
    draft.finish().0
}

#[test]
fn t3_20_a_reference_to_what_is_gone_is_refused() {
    let mut draft = Draft::new(&named(OnDelete::Restrict, &["a", "b"]));
    delete(&mut draft, 1).unwrap();
    for target in [1, 9] {
        let refusal = save(&mut draft, 0, None, [Datum::None, next(target)]).unwrap_err();
        assert_eq!(refusal.to_string(), format!("Node.next refers to Node {target}, which does not exist"));
    }
    let child = save(&mut draft, 0, None, [Datum::None, next(2)]).unwrap();
    let text = format!("Node {child} still refers to Node 2");
    assert_eq!(delete(&mut draft, 2), Err(Refusal::ForeignKey(text.clone())));
    assert_eq!(destroy(&mut draft, 2), Err(Refusal::ForeignKey(text)));
    delete(&mut draft, child).unwrap();
    destroy(&mut draft, 2).unwrap();
    let restore = draft.stage(&Change::Restore { ty: NODE, id: child, now: 0 }, PLENTY);
    assert!(matches!(restore, Err(Refusal::ForeignKey(_))), "{restore:?}");
}

#[test]
fn t3_21_a_value_that_a_live_row_has_is_taken() {
    let mut draft = Draft::new(&named(OnDelete::Restrict, &["a", "b", ""]));
    let taken = Refusal::Unique { entity: "Node".into(), fields: "name".into(), at: vec![0] };
    assert_eq!(save(&mut draft, 0, None, [text("a"), Datum::None]), Err(taken.clone()));
    assert_eq!(save(&mut draft, 2, None, [text("a"), Datum::None]), Err(taken.clone()));
    save(&mut draft, 0, None, [Datum::None, Datum::None]).unwrap();
    delete(&mut draft, 1).unwrap();
    save(&mut draft, 2, None, [text("a"), Datum::None]).unwrap();
    assert_eq!(draft.stage(&Change::Restore { ty: NODE, id: 1, now: 0 }, PLENTY), Err(taken));
}

#[test]
fn x_33_what_a_change_writes_is_known_before() {
    for rule in [OnDelete::Cascade, OnDelete::SetNone] {
        let mut draft = Draft::new(&open(&nodes(rule)));
        for (name, parent) in [("a", 0), ("bb", 1), ("ccc", 1), ("alone", 0)] {
            save(&mut draft, 0, None, [text(name), next(parent)]).unwrap();
        }
        let state = draft.finish().0;
        let bytes = |ids: &[u64]| ids.iter().map(|id| state.find(NODE, *id).unwrap().data.len()).sum();
        let mut draft = Draft::new(&state);
        for (fate, id, rows) in [
            (Fate::Restore, 1, &[][..]),
            (Fate::Delete, 1, &[1, 2, 3]),
            (Fate::Delete, 1, &[]),
            (Fate::Restore, 1, &[1]),
            (Fate::Destroy, 4, &[4]),
        ] {
            let reach = draft.state().reach((NODE, id), fate).unwrap();
            if rule == OnDelete::Cascade || id == 4 {
                assert_eq!(reach, Reach { rows: rows.len(), bytes: bytes(rows) }, "{fate:?}");
            }
            assert_eq!(reach.rows, rows.len(), "{rule:?} {fate:?}");
            match fate {
                Fate::Delete => drop(delete(&mut draft, id).unwrap()),
                Fate::Destroy => drop(destroy(&mut draft, id).unwrap()),
                Fate::Restore => {
                    draft.stage(&Change::Restore { ty: NODE, id, now: 3000 }, PLENTY).unwrap();
                }
            }
        }
        assert!(matches!(draft.state().reach((NODE, 4), Fate::Delete), Err(Refusal::NotFound { .. })));
    }
}

#[test]
fn t3_22_a_cascade_ends_and_takes_no_native_stack() {
    const LONG: u64 = 100_000;
    let mut draft = Draft::new(&open(&nodes(OnDelete::Cascade)));
    for id in 1..=LONG {
        save(&mut draft, 0, None, [Datum::None, next(id - 1)]).unwrap();
    }
    // The first refers to the last: a cycle.
    save(&mut draft, 1, Some(1), [Datum::None, next(LONG)]).unwrap();
    let (state, _) = draft.finish();
    let mut draft = Draft::new(&state);
    delete(&mut draft, LONG / 2).unwrap();
    assert_eq!(
        (draft.state().count(NODE, Which::Live), draft.state().count(NODE, Which::Deleted)),
        (0, LONG)
    );
    let mut draft = Draft::new(&state);
    destroy(&mut draft, 7).unwrap();
    let (state, effects) = draft.finish();
    assert_eq!((state.rows(), effects.len() as u64), (0, LONG));
}

/// An index keeps half of what it is asked for: a row whose target only meets another there does not go with that.
#[test]
fn t3_22_a_cascade_takes_no_row_that_refers_to_another() {
    const APART: u64 = 1 << u32::BITS;
    for rule in [OnDelete::Cascade, OnDelete::SetNone, OnDelete::Restrict] {
        let mut draft = Draft::new(&open(&nodes(rule)));
        let put = |draft: &mut Draft, id: u64| {
            let data = stored(draft.state(), 0, &[Datum::None, Datum::None]);
            draft.stage(&Change::Save { ty: NODE, id, insert: true, expected: None, now: 0, data }, PLENTY)
        };
        let parents = 1..=16;
        for id in parents.clone().flat_map(|id| [id, id + APART]) {
            put(&mut draft, id).unwrap();
        }
        for id in parents.clone() {
            save(&mut draft, 0, None, [Datum::None, next(id + APART)]).unwrap();
        }
        let before = draft.state().count(NODE, Which::Live);
        for id in parents {
            delete(&mut draft, id).unwrap();
        }
        assert_eq!(draft.state().count(NODE, Which::Live), before - 16, "{rule:?}");
        let state = draft.finish().0;
        let referring = state.scan(NODE, Which::Live, 16 + APART);
        assert!(referring.map(|(_, row)| row.version).eq(std::iter::repeat_n(1, 16)), "{rule:?}");
    }
}

#[test]
fn t3_23_what_changed_since_it_was_read_is_not_overwritten() {
    let mut draft = Draft::new(&named(OnDelete::Restrict, &["a"]));
    save(&mut draft, 1, Some(1), [text("b"), Datum::None]).unwrap();
    let (state, _) = draft.finish();
    let conflict = Refusal::Conflict { entity: "Node".into(), id: 1, current: 2, read: 1 };
    let mut draft = Draft::new(&state);
    assert_eq!(save(&mut draft, 1, Some(1), [text("d"), Datum::None]), Err(conflict.clone()));
    assert_eq!(state.unchanged(&[(NODE, 1, 1)]), Err(conflict));
    assert_eq!(state.unchanged(&[(NODE, 1, 2)]), Ok(()));
    save(&mut draft, 1, None, [text("d"), Datum::None]).unwrap();
    assert_eq!(draft.state().find(NODE, 1).unwrap().version, 3);
}

#[test]
fn t2_01_a_full_store_refuses_saves_and_lets_go() {
    let state = named(OnDelete::Restrict, &["a", "b"]);
    let full = state.bytes();
    let mut draft = Draft::new(&state);
    let change = |id, insert, name: &str| {
        let data = stored(&state, 0, &[text(name), Datum::None]);
        Change::Save { ty: NODE, id, insert, expected: None, now: 0, data }
    };
    let refusal = draft.stage(&change(3, true, "c"), full).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Unavailable(text) if text.starts_with("the store is full")),
        "{refusal}"
    );
    assert!(draft.stage(&change(1, false, &"x".repeat(1000)), full).is_err());
    draft.stage(&Change::Delete { ty: NODE, id: 1, now: 0 }, 0).unwrap();
    draft.stage(&Change::Destroy { ty: NODE, id: 2, now: 0 }, 0).unwrap();
    draft.stage(&change(3, true, "c"), full + 1000).unwrap();
}

#[test]
fn what_is_unchanged_gains_no_version_and_a_transaction_gives_one() {
    let state = named(OnDelete::Restrict, &["a"]);
    let mut draft = Draft::new(&state);
    save(&mut draft, 1, Some(1), [text("a"), Datum::None]).unwrap();
    assert_eq!(draft.clone().finish().1, []);
    for name in ["b", "c"] {
        let version = draft.state().find(NODE, 1).unwrap().version;
        save(&mut draft, 1, Some(version), [text(name), Datum::None]).unwrap();
    }
    delete(&mut draft, 1).unwrap();
    let fresh = save(&mut draft, 0, None, [text("d"), Datum::None]).unwrap();
    destroy(&mut draft, fresh).unwrap();
    assert_eq!(draft.written().collect::<Vec<_>>(), [(NODE, 1, 1)]);
    let (after, effects) = draft.finish();
    let row = after.find(NODE, 1).unwrap().to_row();
    assert_eq!((row.version, row.updated_at, row.deleted_at), (2, 2000, Some(2000)));
    assert_eq!(
        effects,
        [
            RowEffect::Put { ty: NODE, id: 1, row, before: state.find(NODE, 1).map(RowRef::to_row) },
            RowEffect::Remove { ty: NODE, id: fresh }
        ]
    );
    assert_eq!(after.next_id(NODE), 3, "no id is used twice");
    let mut replayed = state.clone();
    assert!(effects.iter().all(|effect| replayed.apply(effect)));
    assert_eq!(replayed.next_id(NODE), 3, "no id is used twice, also behind a restart");
    assert_eq!(state.find(NODE, 1).unwrap().version, 1, "the state before is as it was");
}

#[test]
fn a_deleted_row_is_not_saved_and_time_does_not_go_back() {
    let mut draft = Draft::new(&named(OnDelete::Restrict, &["a"]));
    delete(&mut draft, 1).unwrap();
    let gone = Refusal::NotFound { entity: "Node".into(), id: 1 };
    assert_eq!(save(&mut draft, 1, None, [text("a"), Datum::None]), Err(gone.clone()));
    assert_eq!(save(&mut draft, 1, Some(2), [text("b"), Datum::None]), Err(gone));
    let (state, _) = draft.finish();
    let mut draft = Draft::new(&state);
    let row = draft.stage(&Change::Restore { ty: NODE, id: 1, now: 5 }, PLENTY).unwrap().unwrap();
    assert_eq!((row.version, row.updated_at, row.created_at, row.deleted_at), (3, 2000, 1000, None));
}

#[test]
fn the_record_that_made_a_row_is_known_once_it_is_logged() {
    let state = named(OnDelete::Restrict, &["a"]);
    let mut draft = Draft::new(&state);
    save(&mut draft, 1, None, [text("b"), Datum::None]).unwrap();
    let (mut state, effects) = draft.finish();
    state.logged(&effects, Lsn(77));
    assert_eq!(state.find(NODE, 1).unwrap().lsn, Lsn(77));
}

#[test]
fn a_new_declaration_is_held_against_the_rows() {
    let state = named(OnDelete::Restrict, &["a", ""]);
    let mut narrowed = nodes(OnDelete::Restrict);
    narrowed.entities[0].fields[0].optional = false;
    let error = state.bind(&narrowed).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Node.name is declared without `?`, but Node 2 holds none there; give it a value first"
    );
    let mut draft = Draft::new(&state);
    delete(&mut draft, 2).unwrap();
    assert!(draft.finish().0.bind(&narrowed).is_ok());

    let mut plain = nodes(OnDelete::Restrict);
    plain.entities[0].unique.clear();
    let mut draft = Draft::new(&state.bind(&plain).unwrap());
    save(&mut draft, 0, None, [text("a"), Datum::None]).unwrap();
    let (state, _) = draft.finish();
    let error = state.bind(&nodes(OnDelete::Restrict)).unwrap_err();
    let expected = "Node: name cannot be unique, Node 1 and 3 both have \"a\"; change one of them first";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_a_program_does_not_declare_stays() {
    let state = named(OnDelete::Restrict, &["a"]);
    let without = Schema {
        entities: vec![entity("Node", vec![field("next?", FieldType::Reference(0), OnDelete::Restrict)])],
    };
    let other = Schema { entities: vec![entity("Other", vec![])] };
    let state = state.bind(&other).unwrap();
    assert_eq!((state.binding().index(NODE), state.count(NODE, Which::All)), (None, 1));
    let mut draft = Draft::new(&state.bind(&without).unwrap());
    let data = stored(draft.state(), 0, &[next(1)]);
    let change = Change::Save { ty: NODE, id: 1, insert: false, expected: Some(1), now: 0, data };
    assert_eq!(draft.stage(&change, PLENTY).unwrap().unwrap().version, 2);
    let state = draft.finish().0.bind(&nodes(OnDelete::Restrict)).unwrap();
    let values = [(FieldId(0), Key::Text("a".into()))];
    let found = state.lookup(NODE, &values, Which::Live, 0).unwrap();
    assert_eq!(found.map(|(id, _)| id).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_unique_index_is_asked_before_one_that_leads_to_many() {
    let mut draft = Draft::new(&open(&nodes(OnDelete::Restrict)));
    for name in ["a", "b", "c"] {
        save(&mut draft, 0, None, [text(name), next(u64::from(name != "a"))]).unwrap();
    }
    let state = draft.finish().0;
    let found = |values: &[(FieldId, Key)]| {
        let rows = state.lookup(NODE, values, Which::Live, 0).unwrap();
        rows.map(|(id, _)| id).collect::<Vec<_>>()
    };
    let (name, next) = ((FieldId(0), Key::Text("c".into())), (FieldId(1), Key::Reference(1)));
    assert_eq!(found(std::slice::from_ref(&next)), [2, 3]);
    assert_eq!(found(&[name, next]), [3]);
}

/// Two ints from there on may be one number.
const BEYOND: i64 = 1 << 53;

#[test]
fn an_int_that_is_a_number_today_is_looked_up_as_the_number_that_it_is() {
    let of = |ty: FieldType, unique: bool| {
        let mut point = entity("Point", vec![field("n", ty, OnDelete::Restrict)]);
        if unique {
            point.unique = vec![vec![0]];
        } else {
            point.indexes = vec![vec![0]];
        }
        Schema { entities: vec![point] }
    };
    let mut draft = Draft::new(&open(&of(FieldType::Int, true)));
    for (id, n) in (1..).zip([BEYOND, BEYOND + 1, 7]) {
        let data = stored(draft.state(), 0, &[Datum::Int(n)]);
        draft
            .stage(&Change::Save { ty: NODE, id, insert: true, expected: None, now: 0, data }, PLENTY)
            .unwrap();
    }
    let state = draft.finish().0;
    assert!(state.bind(&of(FieldType::Number, true)).is_err());
    let state = state.bind(&of(FieldType::Number, false)).unwrap();
    let found = |n: i64| {
        let values = [(FieldId(0), Key::Int(n))];
        let rows = state.lookup(NODE, &values, Which::Live, 0).unwrap();
        rows.map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!((found(BEYOND), found(BEYOND + 1), found(7)), (vec![1, 2], vec![], vec![3]));
}

#[test]
fn a_catalogue_without_the_type_takes_no_row() {
    let mut state = State::new(Catalogue::default());
    assert!(!state.apply(&RowEffect::Remove { ty: TypeId(u32::MAX), id: 1 }));
}
